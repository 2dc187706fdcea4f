/** For root: who else has a say in what a path leads to. */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

/** Who may exchange what lies in a directory that a group, or everybody, may write to: anybody. */
export const NOBODY = 65534;
/** The kernel's own limit. */
const MOST_LINKS = 40;
/** A program that runs for days asks again. */
const KEPT_MS = 1000;

const BY_GROUP = 0o020;
const BY_ALL = 0o002;
const STICKY = 0o1000;

export const isRoot = (): boolean => process.geteuid?.() === 0;

/**
 * The user who can exchange what lies there; null: root alone, whose group is none but root's: container directories are 0770. In a
 * directory with the sticky bit each has what is their own.
 */
function strangerIn({ uid, gid, mode }: Stats, isDirectory: boolean): number | null {
  if (uid !== 0) return uid;
  const isShared = (mode & BY_ALL) !== 0 || ((mode & BY_GROUP) !== 0 && gid !== 0);
  return isDirectory && isShared && (mode & STICKY) === 0 ? NOBODY : null;
}

/** Directories that are root's all the way, by their physical paths. */
const roots = new Set<string>();
let rootsSince = -Infinity;

function forgetOld(): void {
  const now = performance.now();
  if (now - rootsSince < KEPT_MS) return;
  roots.clear();
  rootsSince = now;
}

/** One step further: what is there, and, of a link of root's, the way that it takes. */
function step(place: string): { stranger: number | null; link?: string } {
  if (roots.has(place)) return { stranger: null };
  const stats = lstatSync(place, { throwIfNoEntry: false });
  if (stats === undefined) return { stranger: null };
  const stranger = strangerIn(stats, stats.isDirectory());
  if (stranger === null && stats.isSymbolicLink()) return { stranger, link: readlinkSync(place) };
  if (stranger === null && stats.isDirectory()) roots.add(place);
  return { stranger };
}

export interface Stranger {
  readonly uid: number;
  /** The same place, without the links that are root's on the way to what is the user's: any further one is not. */
  readonly path: string;
}

/**
 * The first user other than root who can exchange something on the way to the file, or the file itself; null: nobody, or
 * this process is not root's, which can do no more than its user. Links are followed as the kernel does.
 */
export function strangerOn(path: string): Stranger | null {
  if (!isRoot()) return null;
  forgetOld();
  let place = '/';
  const words = (isAbsolute(path) ? path : `${process.cwd()}/${path}`).split('/');
  for (let links = 0; words.length > 0; ) {
    const word = words.shift() ?? '';
    if (word === '' || word === '.') continue;
    if (word === '..') {
      place = dirname(place);
      continue;
    }
    const { stranger, link } = step(join(place, word));
    if (stranger !== null) return { uid: stranger, path: [join(place, word), ...words].join('/') };
    if (link === undefined) place = join(place, word);
    else if (++links > MOST_LINKS) return null; // nor will the kernel follow it
    else {
      words.unshift(...link.split('/'));
      if (isAbsolute(link)) place = '/';
    }
  }
  return null;
}
