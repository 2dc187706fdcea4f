/** Replaces a file whole: a reader, or a machine that loses power, sees the old content or the new. */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { leaveToSync } from '../left-to-sync.ts';
import { native } from '../native/binding.ts';
import { randomHex } from '../random.ts';
import { removeFile } from '../remove-file.ts';
import { syncDirectory } from '../sync-directory.ts';
import { linkOfStranger, strangerOn, type Stranger } from './stranger.ts';

export interface WriteOptions {
  /** Permission bits of the file; those of the file it replaces, else 0644. */
  readonly mode?: number;
  /** The tree that the caller brings to disk (syncTree) before anybody counts on the file: on the same filesystem it goes with that. */
  readonly syncedWith?: string | undefined;
}

interface Destination {
  readonly path: string;
  readonly stat?: Stats;
}

/** Where another user could have put links, none is followed: as a place in a directory that is open, for as long as it is. */
function placeAmongStrangers(path: string, directory: number): Destination {
  const place = `/proc/self/fd/${directory}/${basename(path)}`;
  const stat = lstatSync(place, { throwIfNoEntry: false });
  return { path: place, ...(stat?.isFile() && { stat }) };
}

/** A symbolic link is followed, so that the link stays and what it names is replaced. */
function destination(path: string): Destination {
  try {
    const real = realpathSync.native(path);
    return { path: real, stat: statSync(real) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { path };
    throw error;
  }
}

/** A name beside the file that nobody foresees; to be opened with 'wx' all the same. */
export const temporaryBeside = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${randomHex(8)}.tmp`);

/** Whether an entry of a directory is of such a name, of the file `of` or any: somebody writes it just now, or was killed while doing so. */
export function isTemporary(entry: string, of?: string): boolean {
  if (!entry.endsWith('.tmp')) return false;
  const [, file] = /^\.(.+)\.[0-9a-f]{16}\.tmp$/s.exec(entry) ?? [];
  return file !== undefined && (of === undefined || file === of);
}

/**
 * Writes data to path by temporary file, fsync and rename; owner and mode of a file that was there are kept.
 * Only for directories that no container can write: the path is resolved by name, by root without a link where it leads through
 * what is another user's (TLXC_E_PERMISSION). A device or a FIFO is not replaced (TLXC_E_STORAGE): it may be a
 * device of the host's that a link leads to. Throws the system's error.
 */
export function writeFileAtomically(
  path: string,
  data: string | Uint8Array,
  options: WriteOptions = {},
): void {
  const stranger = strangerOn(dirname(path));
  if (stranger === null) {
    replaceFile(destination(path), data, options);
    return;
  }
  const directory = openDirectory(stranger);
  try {
    // By the time a tree is synced the directory's descriptor is closed.
    replaceFile(placeAmongStrangers(path, directory), data, { ...options, syncedWith: undefined });
  } finally {
    closeSync(directory);
  }
}

/** By a way without links. */
function openDirectory({ path, uid }: Stranger): number {
  const fd = native().openWithoutLinks({ path });
  if (typeof fd === 'number') return fd;
  const errno = errnoName(fd.errno);
  if (errno !== 'ELOOP') throw Object.assign(new Error(`${path}: ${errno}`), { code: errno, path });
  throw linkOfStranger(path, uid);
}

const noFile = (path: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `${path} is not replaced: it is no regular file`,
    path,
    hint: 'a device, say, lies there, or a link leads to one: look with ls -l',
  });

function replaceFile(
  { path: target, stat }: Destination,
  data: string | Uint8Array,
  options: WriteOptions,
): void {
  // Of a directory the kernel refuses it.
  if (stat && !stat.isFile() && !stat.isDirectory()) throw noFile(target);
  const mode = options.mode ?? (stat ? stat.mode & 0o7777 : 0o644);
  const { syncedWith: tree } = options;
  const isSynced = tree !== undefined && onOneFilesystem(dirname(target), tree);
  const temporary = temporaryBeside(target);
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(fd, data);
      if (stat && process.getuid?.() === 0) fchownSync(fd, stat.uid, stat.gid);
      fchmodSync(fd, mode);
      // What it replaces would be lost with it.
      if (!isSynced || stat) fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, target);
  } catch (error) {
    unlinkSync(temporary);
    throw withPath(error, target);
  }
  if (isSynced) leaveToSync(tree, target);
  else syncDirectory(dirname(target));
}

/** What is done by descriptor fails without a name. */
const withPath = (error: unknown, path: string): unknown =>
  error instanceof Error && !('path' in error) ? Object.assign(error, { path }) : error;

const onOneFilesystem = (one: string, other: string): boolean => statSync(one).dev === statSync(other).dev;

/**
 * Writes a file into a directory that nobody counts on before it was brought to disk as a whole (syncTree): each sync is
 * a write of the journal that everybody waits for. What has the name makes way, whatever it is. Throws the system's error.
 */
export function writeStagedFile(path: string, data: string | Buffer, mode: number): void {
  removeFile(path);
  const fd = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(fd, data);
    fchmodSync(fd, mode);
  } catch (error) {
    throw withPath(error, path);
  } finally {
    closeSync(fd);
  }
}
