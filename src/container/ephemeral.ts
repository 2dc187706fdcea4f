/** lxc.ephemeral: a container that is destroyed when it has stopped, by whoever sees it stop. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';
import type { ContainerPaths } from './paths.ts';

/** What is to be done about the end of one that is gone with it, or will be in a moment. */
export const GONE_HINT =
  'it was for one run (lxc.ephemeral) and goes with it: make another (tlxc-copy -e, tlxc-create)';

/**
 * Tells this container from a later one of its name: it changes when the container's directory is made anew. Throws
 * where there is no such directory.
 */
export function incarnationOf({ dir }: ContainerPaths): string {
  const { dev, ino, birthtimeNs } = statSync(dir, { bigint: true });
  return `${dev}:${ino}:${birthtimeNs}`;
}

/** The command that the monitor runs at the container's end; none for one that is not defined. */
export function destroyCommand(paths: ContainerPaths): readonly string[] | undefined {
  if (!existsSync(paths.config)) return undefined;
  const program = join(packageRoot, 'bin/tlxc-destroy.js');
  const which = ['-P', paths.lxcpath, '-n', paths.name, '--incarnation', incarnationOf(paths)];
  return [process.execPath, program, ...which];
}
