/**
 * What create and destroy leave when they are killed: LXCPATH/.tlxc-staging-NAME (a container that never came to be) and
 * LXCPATH/.trash/* (containers and snapshots that are gone already). The next create or destroy removes them.
 */
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { isTemporary } from '../../config/atomic-write.ts';
import type { SystemConfig } from '../../config/model.ts';
import { strangerOn } from '../../config/stranger.ts';
import { isUnborn, sweepUnborn } from '../../host/trees.ts';
import { native } from '../../native/binding.ts';
import { discard } from './discard.ts';
import { makeRunDir } from '../lock.ts';
import { containerPaths, isName } from '../paths.ts';

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
  const written = lstatSync(path, { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && Date.now() - written > WRITTEN_MS;
}

/** Whether an entry of a container's directory is one of these, or a file that never got its name. */
export const isUnfinished = (entry: string): boolean =>
  isUnborn(entry) || isTemporary(entry) || UNFINISHED.some((name) => name === entry);

/** Removes them. The caller holds the container's lock: nobody works on them. */
export async function removeUnfinished(dir: string, system: SystemConfig): Promise<void> {
  sweepUnborn(dir);
  for (const path of readdirSync(dir)
    .filter(isTemporary)
    .map((name) => join(dir, name)))
    if (isAbandoned(path)) rmSync(path, { force: true });
  for (const name of UNFINISHED) await discard(join(dir, name), system);
}

/** Where destroyed containers go; anybody may remove what lies in it. */
export const trashPath = (lxcpath: string): string => join(lxcpath, '.trash');

/** It is ours to empty only where it is a directory: a link would have what it leads to emptied. */
const isTrash = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

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
 * Removes what dead commands left below lxcpath; what living ones work on is locked, and stays. Root does that in no store where
 * somebody else could put another directory in the place of one that is removed: that user's next command does.
 */
export async function sweepLeftovers(system: SystemConfig, lxcpath: string): Promise<void> {
  if (!existsSync(lxcpath) || strangerOn(lxcpath) !== null) return;
  sweepUnborn(lxcpath);
  for (const entry of readdirSync(lxcpath)) {
    const name = entry.startsWith(STAGING) ? entry.slice(STAGING.length) : '';
    if (isName(name)) await sweepStaging(system, lxcpath, name);
  }
  // What lies in it, never itself: another command may be about to move a container there.
  const trash = trashPath(lxcpath);
  clearPlace(trash);
  if (!isTrash(trash)) return;
  for (const entry of readdirSync(trash)) await discard(join(trash, entry), system);
}

async function sweepStaging(system: SystemConfig, lxcpath: string, name: string): Promise<void> {
  const paths = containerPaths(system, lxcpath, name);
  makeRunDir(paths);
  const lock = native().lock({ path: paths.lock, wait: false });
  if (typeof lock !== 'number') return;
  try {
    await discard(stagingPath(lxcpath, name), system);
  } finally {
    native().closeFd(lock);
  }
}
