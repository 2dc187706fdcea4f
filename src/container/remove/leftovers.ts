/**
 * What create and destroy leave when they are killed: LXCPATH/.tlxc-staging-NAME (a container that never came to be) and
 * LXCPATH/.trash/* (containers and snapshots that are gone already). The next create or destroy removes them.
 */
import { constants, existsSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { isTemporary } from '../../config/atomic-write.ts';
import type { SystemConfig } from '../../config/model.ts';
import { strangerOn } from '../../config/stranger.ts';
import { whileSweeping, type OnStage } from '../../gauge.ts';
import { isUnborn, sweepUnborn } from '../../host/trees.ts';
import { native } from '../../native/binding.ts';
import { removeFile } from '../../remove-file.ts';
import { forgetClone } from '../clones.ts';
import { discard } from './discard.ts';
import { makeRunDir } from '../lock.ts';
import { containerPaths, isName, type ContainerPaths } from '../paths.ts';
import { makeDirectories } from '../../make-directories.ts';

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

/** Removes what one has left, if it has: of a large copy that can take a minute. */
async function removeLeft(path: string, system: SystemConfig, onStage: OnStage | undefined): Promise<void> {
  const isThere = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isThere) await whileSweeping(onStage, () => discard(path, system));
}

/** Removes them. The caller holds the container's lock: nobody works on them. */
export async function removeUnfinished(dir: string, system: SystemConfig, onStage?: OnStage): Promise<void> {
  sweepUnborn(dir);
  for (const path of readdirSync(dir)
    .filter((name) => isTemporary(name))
    .map((name) => join(dir, name)))
    if (isAbandoned(path)) removeFile(path);
  for (const name of UNFINISHED) await removeLeft(join(dir, name), system, onStage);
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
  makeDirectories(trash, 0o700);
  return trash;
}

/**
 * Removes what dead commands left below lxcpath; what living ones work on is locked, and stays. Where somebody else than root
 * could put another directory in the place of the store or its trash, root works on those that it has opened.
 */
export async function sweepLeftovers(
  system: SystemConfig,
  lxcpath: string,
  onStage?: OnStage,
): Promise<void> {
  if (!existsSync(lxcpath)) return;
  const stranger = strangerOn(lxcpath);
  const store = { system, lxcpath, onStage };
  if (stranger === null) return sweepStore(store, lxcpath);
  const opened = native().openWithoutLinks({ path: stranger.path });
  if (typeof opened !== 'number') return;
  try {
    await sweepStore(store, `/proc/self/fd/${opened}`);
  } finally {
    native().closeFd(opened);
  }
}

interface Sweep {
  readonly system: SystemConfig;
  readonly lxcpath: string;
  readonly onStage: OnStage | undefined;
}

/** place: where the store is found. */
async function sweepStore(store: Sweep, place: string): Promise<void> {
  const { system, lxcpath, onStage } = store;
  sweepUnborn(place);
  for (const entry of readdirSync(place)) {
    const name = entry.startsWith(STAGING) ? entry.slice(STAGING.length) : '';
    if (isName(name))
      await sweepStaging(store, containerPaths(system, lxcpath, name), stagingPath(place, name));
  }
  // What lies in it, never itself: another command may be about to move a container there.
  clearPlace(trashPath(place));
  const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
  const trash = native().openInRoot({ root: place, path: basename(trashPath(place)), flags, mode: 0 });
  if (typeof trash !== 'number') return;
  try {
    const opened = place === lxcpath ? trashPath(place) : `/proc/self/fd/${trash}`;
    for (const entry of readdirSync(opened)) await removeLeft(join(opened, entry), system, onStage);
  } finally {
    native().closeFd(trash);
  }
}

async function sweepStaging(
  { system, onStage }: Sweep,
  paths: ContainerPaths,
  staging: string,
): Promise<void> {
  makeRunDir(paths);
  const lock = native().lock({ path: paths.lock, wait: false });
  if (typeof lock !== 'number') return;
  try {
    // In a store of somebody else's the record of its parents could be anybody's.
    if (staging === stagingPath(paths.lxcpath, paths.name))
      await discardUnborn(system, paths, { staging, onStage });
    else await removeLeft(staging, system, onStage);
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
  { staging, onStage }: { readonly staging: string; readonly onStage?: OnStage | undefined },
): Promise<void> {
  if (!existsSync(paths.dir)) forgetClone(system, staging, paths);
  await removeLeft(staging, system, onStage);
}
