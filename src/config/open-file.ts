/** Opening files that somebody else may have put in place for root to read: links, and names in a configuration. */
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { errnoName } from '../errno.ts';
import { native, type NativeFailure } from '../native/binding.ts';

/** A user other than root. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const isRoot = (): boolean => process.geteuid?.() === 0;

/** Whose word a file is, for a process of root's; null: root's own, or nobody asks, who can do no more than the caller. */
export const ownerOf = ({ uid, gid }: Pick<Stats, 'uid' | 'gid'>): Owner | null =>
  uid === 0 || !isRoot() ? null : { uid, gid };

/** Directories that root alone can exchange, and all above them. */
const roots = new Set<string>();

/** The first on the way down to the directory that is not root's: whatever lies below can be exchanged by its owner. */
function strangerAbove(directory: string): Owner | null {
  if (roots.has(directory)) return null;
  const above = dirname(directory);
  const stranger = above === directory ? null : strangerAbove(above);
  if (stranger !== null) return stranger;
  const stats = lstatSync(directory, { throwIfNoEntry: false });
  if (stats === undefined) return null;
  if (stats.uid === 0) roots.add(directory);
  return ownerOf(stats);
}

function opened(result: number | NativeFailure): number {
  if (typeof result === 'number') return result;
  const code = errnoName(result.errno);
  throw Object.assign(new Error(`${result.syscall}: ${code}`), { code });
}

const openAs = (path: string, { uid, gid }: Owner): number => opened(native().openAs({ path, uid, gid }));

/** A way with links leads where its owner may read; one without is what it seems, whosever the file is. */
function openStrangers(path: string, stranger: Owner): number {
  const fd = native().openWithoutLinks({ path });
  if (typeof fd !== 'number' && errnoName(fd.errno) === 'ELOOP') return openAs(path, stranger);
  return opened(fd);
}

/**
 * A descriptor to read from, which waits for no writer of a FIFO. What a user's file names (asker) is opened with that
 * user's rights, and what lies below a user's directory with root's only where no link leads there: root must not be had
 * to read, and print, what its asker may not. Throws the system's error.
 */
export function openForReading(path: string, asker: Owner | null): number {
  if (asker !== null) return openAs(path, asker);
  const stranger = isRoot() ? strangerAbove(dirname(resolve(path))) : null;
  if (stranger !== null) return openStrangers(path, stranger);
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
}

/** No note beside a configuration is larger. */
const LARGEST_NOTE = 1024 * 1024;

/** What lies beside a configuration, opened as above; "" where there is no such regular file, one of more than 1 MiB, or one that its owner may not read. */
export function readNote(path: string): string {
  let fd;
  try {
    fd = openForReading(path, null);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || (code === 'EACCES' && isRoot())) return '';
    throw error;
  }
  try {
    const stats = fstatSync(fd);
    return stats.isFile() && stats.size <= LARGEST_NOTE ? readFileSync(fd, 'utf8') : '';
  } finally {
    closeSync(fd);
  }
}
