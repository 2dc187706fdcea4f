/** Files whose names others can foresee: somebody may have put something there before us. Root's and our own are believed. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  type Stats,
} from 'node:fs';

const isOwn = ({ uid }: Stats): boolean => [0, process.geteuid?.()].includes(uid);

const { O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_WRONLY } = constants;

/**
 * A descriptor that appends to the file, made where it is missing (0640); the caller's to close. A link is followed only
 * where it is root's or our own. Throws the system's error, ELOOP for other links.
 */
export function openForAppending(path: string): number {
  const flags = O_APPEND | O_CREAT | O_WRONLY | O_NONBLOCK;
  try {
    return openSync(path, flags | O_NOFOLLOW, 0o640);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ELOOP' || !isOwn(lstatSync(path))) throw error;
    return openSync(path, flags, 0o640);
  }
}

/** A descriptor of a file that one of our programs wrote for a later one, the caller's to close; null where there is none. */
export function openRecord(path: string): number | null {
  // Mostly there is none, and an error costs more than a look.
  if (!existsSync(path)) return null;
  let fd;
  try {
    fd = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch {
    return null;
  }
  const record = fstatSync(fd);
  if (record.isFile() && isOwn(record)) return fd;
  closeSync(fd);
  return null;
}

/** Its text; null where there is none. */
export function readRecord(path: string): string | null {
  const fd = openRecord(path);
  if (fd === null) return null;
  try {
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}
