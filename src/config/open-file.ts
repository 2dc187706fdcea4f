/**
 * Opening files that somebody else may have put in place for root to read: by links, or by names in a configuration.
 * Root must not be had to read, and print, what its asker may not.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native, type NativeFailure } from '../native/binding.ts';
import { NOBODY, strangerOn, type Stranger } from './stranger.ts';

/** The id of the user, not root, whose word it is that root reads a file; null: root's own, or the caller is not root. */
export type Asker = number | null;

export interface OpenedFile {
  readonly fd: number;
  /** Whose word the file is. */
  readonly speaker: Asker;
}

/** For messages: who may not read it. */
export const askerName = (asker: number): string =>
  asker === NOBODY
    ? 'others than root, who may write to a directory of the configuration that names it,'
    : `user ${asker}, whose configuration names it,`;

function opened(result: number | NativeFailure, path: string): number {
  if (typeof result === 'number') return result;
  const code = errnoName(result.errno);
  throw Object.assign(new Error(`${path}: ${code}`), { code, path });
}

const openAs = (path: string, uid: number): number => opened(native().openAs({ path, uid }), path);

/** A way with links leads where the stranger may read; one without is what it seems, whosever the file is. */
function openStrangers({ path, uid }: Stranger): number {
  const fd = native().openWithoutLinks({ path });
  if (typeof fd !== 'number' && errnoName(fd.errno) === 'ELOOP') return openAs(path, uid);
  return opened(fd, path);
}

/**
 * Opens for reading, without waiting for the writer of a FIFO; the descriptor is the caller's to close. What a user's file names
 * (asker) is opened with that user's rights. What a user could exchange is opened with root's only where no link leads there,
 * and it is that user's word, whosever the file is. Throws the system's error.
 */
export function openForReading(path: string, asker: Asker = null): OpenedFile {
  if (asker !== null) return { fd: openAs(path, asker), speaker: asker };
  const stranger = strangerOn(path);
  if (stranger !== null) return { fd: openStrangers(stranger), speaker: stranger.uid };
  return {
    fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY),
    speaker: null,
  };
}

/** The names in a directory that a user's file names; null where it is none, undefined where there is nothing. Throws as above. */
export function namesFor(asker: number, path: string): readonly string[] | null | undefined {
  let fd;
  try {
    fd = openAs(path, asker);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return fstatSync(fd).isDirectory() ? readdirSync(`/proc/self/fd/${fd}`) : null;
  } finally {
    closeSync(fd);
  }
}

/** No note beside a configuration is larger. */
const LARGEST_NOTE = 1024 * 1024;

/** What lies beside a configuration for people to read; "" where there is no such regular file, or one that cannot be read. */
export function readNote(path: string): string {
  let fd = -1;
  try {
    ({ fd } = openForReading(path));
    const stats = fstatSync(fd);
    return stats.isFile() && stats.size <= LARGEST_NOTE ? readFileSync(fd, 'utf8') : '';
  } catch {
    return '';
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/** Files of a configuration's own are read whole. */
const LARGEST_OWN = 16 * 1024 * 1024;

/** The bytes of a regular file; null where there is none. Throws the system's error, and TLXC_E_CONFIG of more than 16 MiB. */
export function readRegular(path: string): { readonly bytes: Buffer; readonly mode: number } | null {
  let fd;
  try {
    ({ fd } = openForReading(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return null;
    if (stats.size > LARGEST_OWN) {
      const message = `${path} is ${stats.size} bytes long: a file of a configuration's own has at most 16 MiB`;
      throw new TlxcError({
        code: 'TLXC_E_CONFIG',
        message,
        path,
        hint: 'keep it in another directory, and name it there',
      });
    }
    return { bytes: readFileSync(fd), mode: stats.mode & 0o7777 };
  } finally {
    closeSync(fd);
  }
}
