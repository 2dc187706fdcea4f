/**
 * Single files edited in a root filesystem that nobody runs. Everything in it may be hostile: paths are resolved below the
 * root by openat2(RESOLVE_IN_ROOT), and what is not a plain file in plain directories is left alone. The caller brings all of it
 * to disk: as a whole, or by syncRootfsFiles.
 */
import {
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  statSync,
  unlinkSync,
  writeSync,
  type BigIntStats,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { native } from '../native/binding.ts';
import { findFile } from './layered-file.ts';

const { O_RDONLY, O_RDWR, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, O_CREAT, O_EXCL } = constants;
/** Node does not name it. */
const O_PATH = 0o10000000;

/** An absolute path in plain form; null for one with ".." or "." or doubled slashes. */
export function components(path: string): string[] | null {
  const parts = path.slice(1).split('/');
  return path.startsWith('/') && parts.every((part) => !['', '.', '..'].includes(part)) ? parts : null;
}

/** Runs use with a descriptor of what path names below root; null where it cannot be opened. */
export function withOpen<T>(root: string, path: string, flags: number, use: (fd: number) => T): T | null {
  const fd = native().openInRoot({ root, path, flags: flags | O_NOFOLLOW, mode: 0o644 });
  if (typeof fd !== 'number') return null;
  try {
    return use(fd);
  } finally {
    native().closeFd(fd);
  }
}

/**
 * Changes the text of one file in a root filesystem made of layers (the first is written, files are looked for in all).
 * A file that does not exist is made when edit gives text for null. What is written has `mode`, else that of the file that was
 * there, or 0644. Returns whether something was written.
 */
export function editRootfsFile(
  layers: readonly string[],
  path: string,
  edit: (text: string | null) => string | null,
  mode?: number,
): boolean {
  const parts = components(path);
  const found = parts && findFile(layers, parts);
  if (!found) return false;
  const { parents, file } = found;
  const text = edit(file?.text ?? null);
  if (text === null || text === file?.text) return false;
  const [top = ''] = layers;
  const place = parts.join('/');
  if (file && isIn(top, place, file.stats)) return overwrite(top, place, text, mode);
  if (!copyParents(top, parts, parents)) return false;
  if (layers.length > 1) removeWhiteout(top, place);
  const stats = file?.stats ?? statSync(top, { bigint: true });
  return add(top, place, text, { stats, mode });
}

const isIn = (root: string, path: string, { dev, ino }: BigIntStats): boolean =>
  withOpen(root, path, O_PATH, (fd) => {
    const there = fstatSync(fd, { bigint: true });
    return there.dev === dev && there.ino === ino;
  }) === true;

export function own(fd: number, { uid, gid }: BigIntStats, mode: number): void {
  fchownSync(fd, Number(uid), Number(gid));
  fchmodSync(fd, mode);
}

/** The directories of lower layers, in the writable one, which a container may have written. */
export function copyParents(to: string, parts: readonly string[], parents: readonly BigIntStats[]): boolean {
  return parents.every((stats, index) => {
    const path = parts.slice(0, index + 1).join('/');
    if (withOpen(to, path, O_PATH | O_DIRECTORY, () => true)) return true;
    const above = withOpen(to, dirname(path), O_RDONLY | O_DIRECTORY, (fd) => {
      mkdirSync(`/proc/self/fd/${fd}/${basename(path)}`);
      return true;
    });
    const give = (fd: number): boolean => {
      own(fd, stats, Number(stats.mode) & 0o7777);
      return true;
    };
    return above === true && withOpen(to, path, O_RDONLY | O_DIRECTORY, give) === true;
  });
}

/** What hides the file of a lower layer is in the way of one that stands in for it. */
function removeWhiteout(root: string, path: string): void {
  withOpen(root, dirname(path), O_RDONLY | O_DIRECTORY, (fd) => {
    const place = `/proc/self/fd/${fd}/${basename(path)}`;
    const stats = lstatSync(place, { throwIfNoEntry: false });
    if (stats?.isCharacterDevice() && stats.rdev === 0) unlinkSync(place);
  });
}

function replaceText(fd: number, text: string): boolean {
  // In this order: where the disk is full, what was there stays.
  ftruncateSync(fd, writeSync(fd, text, 0));
  return true;
}

function overwrite(root: string, path: string, text: string, mode: number | undefined): boolean {
  const use = (fd: number) => {
    if (!fstatSync(fd).isFile()) return false;
    // Before it has the text that others may not read.
    if (mode !== undefined) fchmodSync(fd, mode);
    return replaceText(fd, text);
  };
  return withOpen(root, path, O_RDWR | O_NONBLOCK, use) === true;
}

/** A new file, with owner and mode of the one that it stands in for, or the owner of the root directory. */
function add(
  root: string,
  path: string,
  text: string,
  { stats, mode }: { stats: BigIntStats; mode: number | undefined },
): boolean {
  const use = (fd: number) => {
    own(fd, stats, mode ?? (stats.isFile() ? Number(stats.mode) & 0o7777 : 0o644));
    return replaceText(fd, text);
  };
  return withOpen(root, path, O_RDWR | O_CREAT | O_EXCL, use) === true;
}

/** Files that were edited are on disk, in the directories that they are in, which may be new: nothing else is waited for. */
export function syncRootfsFiles(root: string, paths: readonly string[]): void {
  const parts = paths.map((path) => components(path) ?? []);
  const places = parts.flatMap((names) =>
    names.map((_, index) => names.slice(0, names.length - index).join('/')).concat('.'),
  );
  for (const place of new Set(places)) withOpen(root, place, O_RDONLY | O_NONBLOCK, fsyncSync);
}
