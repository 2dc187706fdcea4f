/** What lies in a directory that is served. Who may write there may be less than who serves it: no link of theirs leads out. */
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { isRoot, linkOfStranger, strangerOn } from '../config/stranger.ts';
import { native } from '../native/binding.ts';
import { makeDirectories } from '../make-directories.ts';

const { O_RDONLY, O_NONBLOCK, O_DIRECTORY, O_NOFOLLOW } = constants;
/** Node does not name it. */
const O_PATH = 0o10000000;

export interface ServedFile {
  /** The caller closes it. */
  readonly fd: number;
  readonly stats: BigIntStats;
}

/** A regular file below root, which no link leads out of; null: none is there. A pipe would have nobody who writes. */
export function openServed(root: string, path: string): ServedFile | null {
  // The kernel would read no further than a null byte.
  if (path.includes('\0')) return null;
  const fd = native().openInRoot({ root, path, flags: O_RDONLY | O_NONBLOCK, mode: 0 });
  if (typeof fd !== 'number') return null;
  const stats = fstatSync(fd, { bigint: true });
  if (stats.isFile()) return { fd, stats };
  closeSync(fd);
  return null;
}

/**
 * Makes directories in each other below root, where they are missing. For root each is made in the one before it, which is held
 * open: a link that somebody else can change is not followed (TLXC_E_PERMISSION). Throws the system's error.
 */
export function makeServedDirectories(root: string, ...names: readonly string[]): void {
  makeDirectories(root);
  if (!isRoot()) {
    mkdirSync(join(root, ...names), { recursive: true });
    return;
  }
  let directory = openSync(root, O_PATH | O_DIRECTORY);
  try {
    let path = root;
    for (const name of names) {
      path = join(path, name);
      const next = makeWithin(directory, name, path);
      closeSync(directory);
      directory = next;
    }
  } finally {
    closeSync(directory);
  }
}

/** Gives it open. */
function makeWithin(directory: number, name: string, path: string): number {
  const place = `/proc/self/fd/${directory}/${name}`;
  try {
    mkdirSync(place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { uid, mode } = lstatSync(place);
  const isLink = (mode & constants.S_IFMT) === constants.S_IFLNK;
  const stranger = isLink ? strangerOn(path) : null;
  if (stranger || (isLink && uid !== 0)) throw linkOfStranger(path, stranger?.uid ?? uid);
  // What was no link is none now.
  return openSync(place, O_PATH | O_DIRECTORY | (isLink ? 0 : O_NOFOLLOW));
}
