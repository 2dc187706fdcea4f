/**
 * What create and destroy leave when they are killed: LXCPATH/.tlxc-staging-NAME (a container that never came to be) and
 * LXCPATH/.trash/* (containers and snapshots that are gone already). The next create or destroy removes them.
 */
import { constants, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isTemporary } from '../../config/atomic-write.ts';
import type { SystemConfig } from '../../config/model.ts';
import { strangerOn } from '../../config/stranger.ts';
import { isUnborn, sweepUnborn } from '../../host/trees.ts';
import { native } from '../../native/binding.ts';
import { forgetClone } from '../copy/clones.ts';
import { discard } from './discard.ts';
import { makeRunDir } from '../lock.ts';
import { containerPaths, isName, type ContainerPaths } from '../paths.ts';

const STAGING = '.tlxc-staging-';

/** Where the container of that name is made; only who holds the container's lock may touch it. */
export const stagingPath = (lxcpath: string, name: string): string => join(lxcpath, STAGING + name);

/** In a container's own directory: what a snapshot is made in, and what the state is made in that it takes back. */
const UNFINISHED = ['.tlxc-snapshot', '.tlxc-restoring'] as const;

/** Beside snaps, not in it: LXC takes everything there for a snapshot. The caller holds the container's lock. */
export const snapshotStaging = (dir: string): string => join(dir, UNFINISHED[0]);
export const restoreStaging = (dir: string): string => join(dir, UNFINISHED[1]);

/** A file is written in less: what is older was left by a command that was killed. Some write without the lock. */
const WRITTEN_MS = 60_000;

function isAbandoned(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && Date.now() - stats.mtimeMs > WRITTEN_MS;
}

/** Whether an entry of a container's directory is one of these, or a file that never got its name. */
export const isUnfinished = (entry: string): boolean =>
  isUnborn(entry) || isTemporary(entry) || UNFINISHED.some((name) => name === entry);

/** Removes them. The caller holds the container's lock: nobody works on them. */
export async function removeUnfinished(dir: string, system: SystemConfig): Promise<void> {
  sweepUnborn(dir);
  for (const path of readdirSync(dir)
    .filter((name) => isTemporary(name))
    .map((name) => join(dir, name)))
    if (isAbandoned(path)) rmSync(path, { force: true });
  for (const name of UNFINISHED) await discard(join(dir, name), system);
}

/** Where destroyed containers go; anybody may remove what lies in it. */
export const trashPath = (lxcpath: string): string => join(lxcpath, '.trash');

/** Removes what stands in its place. unlink(2) takes no directory: another command may have made the trash a moment ago. */
function clearPlace(trash: string): void {
  const stats = lstatSync(trash, { throwIfNoEntry: false });
  if (!stats || stats.isDirectory()) return;
  try {
    unlinkSync(trash);
  } catch (error) {
    if (!['ENOENT', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Its path, once it is there. */
export function makeTrash(lxcpath: string): string {
  const trash = trashPath(lxcpath);
  clearPlace(trash);
  mkdirSync(trash, { recursive: true, mode: 0o700 });
  return trash;
}

/**
 * Removes what dead commands left below lxcpath; what living ones work on is locked, and stays. Where somebody else than root
 * could put another directory in the place of the store or its trash, root works on those that it has opened.
 */
export async function sweepLeftovers(system: SystemConfig, lxcpath: string): Promise<void> {
  if (!existsSync(lxcpath)) return;
  const stranger = strangerOn(lxcpath);
  if (stranger === null) return sweepStore(system, lxcpath, lxcpath);
  const store = native().openWithoutLinks({ path: stranger.path });
  if (typeof store !== 'number') return;
  try {
    await sweepStore(system, lxcpath, `/proc/self/fd/${store}`);
  } finally {
    native().closeFd(store);
  }
}

/** place: where the store is found. */
async function sweepStore(system: SystemConfig, lxcpath: string, place: string): Promise<void> {
  sweepUnborn(place);
  for (const entry of readdirSync(place)) {
    const name = entry.startsWith(STAGING) ? entry.slice(STAGING.length) : '';
    if (isName(name))
      await sweepStaging(system, containerPaths(system, lxcpath, name), stagingPath(place, name));
  }
  // What lies in it, never itself: another command may be about to move a container there.
  clearPlace(trashPath(place));
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const trash = native().openInRoot({ root: place, path: basename(trashPath(place)), flags, mode: 0 });
  if (typeof trash !== 'number') return;
  try {
    const opened = place === lxcpath ? trashPath(place) : `/proc/self/fd/${trash}`;
    for (const entry of readdirSync(opened)) await discard(join(opened, entry), system);
  } finally {
    native().closeFd(trash);
  }
}

async function sweepStaging(system: SystemConfig, paths: ContainerPaths, staging: string): Promise<void> {
  makeRunDir(paths);
  const lock = native().lock({ path: paths.lock, wait: false });
  if (typeof lock !== 'number') return;
  try {
    // In a store of somebody else's the record of its parents could be anybody's.
    if (staging === stagingPath(paths.lxcpath, paths.name)) await discardUnborn(system, paths, staging);
    else await discard(staging, system);
  } finally {
    native().closeFd(lock);
  }
}

/**
 * Removes what a command left that was killed while it made a container in `staging`. It was noted with its parents before it was
 * whole: a container that has the name by now may be noted itself. The caller holds the container's lock.
 */
export async function discardUnborn(
  system: SystemConfig,
  paths: ContainerPaths,
  staging: string,
): Promise<void> {
  if (!existsSync(paths.dir)) forgetClone(system, staging, paths);
  await discard(staging, system);
}
