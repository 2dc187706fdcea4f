/** A link in the place of a container's directory. */
import { lstatSync, readlinkSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import type { ContainerPaths } from './paths.ts';

/**
 * For what moves or removes the directory itself. Whether the link is meant or what it leads to, another container of another
 * store maybe, is not guessed: throws TLXC_E_UNSUPPORTED. done: "destroyed".
 */
export function refuseLinked({ name, dir }: ContainerPaths, done: string): void {
  if (lstatSync(dir, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${dir} is a link to ${readlinkSync(dir)}: nothing was ${done}`,
    container: name,
    path: dir,
    hint: `take the store that it leads to (-P) and the name there; rm ${dir} removes the link alone`,
  });
}
