/** How far a program is that goes over a stored image's tree. */
import { measureTree, type Measured } from '../host/copy-gauge.ts';
import { asRootOf } from '../host/mapped.ts';
import type { RunningProgram } from '../host/program.ts';
import { inTree, type Tree } from './manifest.ts';

/** program: one that inTree has given the words of. Whoever may not pass through the store counts from inside, too. */
export function measureInTree(
  { child }: RunningProgram,
  tree: Tree,
  { done, as }: { readonly done: () => number; readonly as: 'copy' | 'archive' },
): Measured {
  const isMounted = (tree.words ?? []).length > 0;
  if (isMounted) return measureTree(done, { paths: () => [`/proc/${child.pid}/cwd/.`], as });
  const within = (argv: readonly string[]) => asRootOf(tree.mapping, argv);
  return measureTree(done, { paths: () => ['.'], as, within, cwd: inTree(tree, []).cwd });
}
