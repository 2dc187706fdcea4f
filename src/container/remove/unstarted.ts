/**
 * An ephemeral copy that its command has yet to start: DIR/.tlxc-unstarted, which the command has locked. Who is killed before the
 * start leaves the file without the lock, and a container that nobody would ever see stop.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../../config/model.ts';
import { strangerOn } from '../../config/stranger.ts';
import { errnoName, errnoWords } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { native } from '../../native/binding.ts';
import { removeFile } from '../../remove-file.ts';
import { incarnationOf } from '../ephemeral.ts';
import { containerPaths, isName, type ContainerPaths } from '../paths.ts';

const markIn = (dir: string): string => join(dir, '.tlxc-unstarted');

const lockOf = (dir: string) => native().lock({ path: markIn(dir), wait: false });

/** Marks what lies in dir, which may be renamed then. The descriptor holds the lock. Throws TLXC_E_STORAGE. */
export function claimUnstarted(dir: string): number {
  const lock = lockOf(dir);
  if (typeof lock === 'number') return lock;
  const [errno, path] = [errnoName(lock.errno), markIn(dir)];
  const message = `the copy could not be marked as not started: ${errnoWords(errno)}`;
  const hint = `look who may write at ${dir} (ls -ld), and whether its filesystem has locks`;
  throw new TlxcError({ code: 'TLXC_E_STORAGE', message, path, errno, syscall: lock.syscall, hint });
}

/** It runs, or is gone: from now on its end is somebody's. */
export function endClaim({ dir }: Pick<ContainerPaths, 'dir'>, claim: number): void {
  removeFile(markIn(dir));
  native().closeFd(claim);
}

/** Calls `destroy` for each of the store whose command has died, and for that very container. Root leaves a store of somebody else's alone. */
export async function eachAbandoned(
  system: SystemConfig,
  lxcpath: string,
  destroy: (name: string, incarnation: string) => Promise<void>,
): Promise<void> {
  if (!existsSync(lxcpath) || strangerOn(lxcpath) !== null) return;
  for (const name of readdirSync(lxcpath)) {
    if (!isName(name) || !existsSync(markIn(join(lxcpath, name)))) continue;
    const paths = containerPaths(system, lxcpath, name);
    // In this order: the mark is this one's, or that of a later one, which is then not destroyed in its place.
    const incarnation = incarnationOf(paths);
    if (!existsSync(markIn(paths.dir))) continue;
    const claim = lockOf(paths.dir);
    if (typeof claim !== 'number') continue;
    try {
      await destroy(name, incarnation);
    } finally {
      // One that runs, or whose hook keeps it, is not tried again.
      endClaim(paths, claim);
    }
  }
}
