/**
 * Who lies over whom: LXC's bookkeeping of snapshot clones. A parent's lxc_snapshots lists its clones, two lines each
 * (the store, the name); a clone's lxc_rdepends lists its parents in the same way.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically, writeStagedFile, type WriteOptions } from '../config/atomic-write.ts';
import type { SystemConfig } from '../config/model.ts';
import { readConfigFile } from '../config/read-file.ts';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import { removeFile } from '../remove-file.ts';
import { makeRunDir } from './lock.ts';
import { containerPaths, type ContainerPaths } from './paths.ts';

export interface Relative {
  readonly lxcpath: string;
  readonly name: string;
}

const CLONES = 'lxc_snapshots';
const PARENTS = 'lxc_rdepends';

function read(file: string): Relative[] {
  if (!existsSync(file)) return [];
  const lines = readConfigFile(file).text.split('\n');
  return lines.flatMap((lxcpath, at) => {
    const name = lines[at + 1] ?? '';
    return at % 2 === 0 && lxcpath !== '' && name !== '' ? [{ lxcpath, name }] : [];
  });
}

const textOf = (relatives: readonly Relative[]): string =>
  relatives.map(({ lxcpath, name }) => `${lxcpath}\n${name}\n`).join('');

function writeClones(file: string, clones: readonly Relative[], options: WriteOptions = {}): void {
  if (clones.length === 0) removeFile(file);
  else writeFileAtomically(file, textOf(clones), { ...options, mode: 0o644 });
}

const same = (a: Relative, b: Relative): boolean => a.lxcpath === b.lxcpath && a.name === b.name;

/**
 * A clone is noted before it is there: where its copy was interrupted, another container may have the name by now. One without
 * parents is none; one with any is taken for one, whichever way their paths are written.
 */
const isClone = ({ lxcpath, name }: Relative): boolean =>
  ['config', PARENTS].every((file) => existsSync(join(lxcpath, name, file)));

/** The clones of the container in dir that exist. */
export const clonesOf = (dir: string): Relative[] => read(join(dir, CLONES)).filter(isClone);

/** Old LXC kept only their number. */
export function countedClones(dir: string): number {
  const file = join(dir, CLONES);
  const text = existsSync(file) ? readConfigFile(file).text.trim() : '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** Whose root filesystems the container in dir lies over. */
export const parentsOf = (dir: string): Relative[] => read(join(dir, PARENTS));

/** Many clones of a container come and go at once: one process at a time changes its list. */
function whileLocked<T>(system: SystemConfig, parent: Relative, change: () => T): T {
  const paths = containerPaths(system, parent.lxcpath, parent.name);
  makeRunDir(paths);
  const path = join(paths.runDir, 'clones.lock');
  const lock = native().lock({ path, wait: true });
  if (typeof lock !== 'number') {
    const errno = errnoName(lock.errno);
    const message = `the record of clones cannot be locked: ${errnoWords(errno)}`;
    throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, path, errno, syscall: lock.syscall });
  }
  try {
    return change();
  } finally {
    native().closeFd(lock);
  }
}

/**
 * Notes in the parent's directory that it has this clone. The parent cannot go meanwhile: it, or a clone of it, is locked.
 * syncedWith: as for writeFileAtomically. false: the note is there already.
 */
export function addClone(
  system: SystemConfig,
  parent: Relative,
  { lxcpath, name }: Relative,
  syncedWith: string,
): boolean {
  const clone = { lxcpath, name };
  const file = join(parent.lxcpath, parent.name, CLONES);
  return whileLocked(system, parent, () => {
    const known = read(file);
    if (known.some((each) => same(each, clone))) return false;
    writeClones(file, [...known, clone], { syncedWith });
    return true;
  });
}

/** Notes in a clone's staging directory whose root filesystems it lies over; the caller brings that to disk. [] forgets them. */
export function setParentsUnsynced(dir: string, parents: readonly Relative[]): void {
  if (parents.length === 0) removeFile(join(dir, PARENTS));
  else writeStagedFile(join(dir, PARENTS), textOf(parents), 0o644);
}

/** Takes the note of a clone that is gone, or never was, out of a parent's list. */
export function dropClone(system: SystemConfig, parent: Relative, clone: Relative): void {
  const place = join(parent.lxcpath, parent.name);
  const file = join(place, CLONES);
  if (!existsSync(file) || countedClones(place) > 0) return;
  const others = (): Relative[] => read(file).filter((known) => !same(known, clone));
  whileLocked(system, parent, () => writeClones(file, others()));
}

/** Takes a clone that is gone out of its parents' lists; dir is where its directory is now. */
export function forgetClone(system: SystemConfig, dir: string, clone: Relative): void {
  for (const parent of parentsOf(dir)) dropClone(system, parent, clone);
}

/** Throws TLXC_E_BUSY where a container was made over the snapshot; the one that it is of, restored by LXC, counts not. */
export function refuseClones(container: ContainerPaths, snapshot: ContainerPaths): void {
  const clones = clonesOf(snapshot.dir)
    .filter(({ lxcpath, name }) => lxcpath !== container.lxcpath || name !== container.name)
    .map(({ name }) => name);
  if (clones.length === 0) return;
  throw new TlxcError({
    code: 'TLXC_E_BUSY',
    message: `snapshot ${snapshot.name} has clones`,
    container: container.name,
    hint: `destroy the clones first: ${clones.join(', ')}`,
  });
}
