/** What two states of a root filesystem differ in. Pure but for reading; see layered.ts for how that is safe. */
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import {
  attributesOf,
  isGone,
  isOverlays,
  lookUp,
  namesIn,
  withParts,
  withRoots,
  type Entry,
  type Parts,
} from './layered.ts';

/** A file that differs. */
export interface Change {
  readonly what: 'added' | 'changed' | 'removed';
  /** From the root of the container, which is "/"; bytes as latin1 text. */
  readonly path: string;
}

/** Both as directories, topmost first. */
export interface Comparison {
  readonly from: readonly string[];
  readonly to: readonly string[];
  /** `from` was copied from `to`, which may have changed since: what has an older time there is the same. */
  readonly since: boolean;
}

/** In the order of their paths' bytes, a directory before what it holds. Throws TLXC_E_STORAGE for a layer that is not there. */
export function compareTrees({ from, to, since }: Comparison): readonly Change[] {
  const changes: Change[] = [];
  const layered = { from: from.length > 1, to: to.length > 1 };
  const walk = (above: string, before: Parts, after: Parts): void => {
    for (const name of differingNames(before, after)) {
      const path = `${above}/${name}`;
      const was = lookUp(before, name, layered.from);
      const is = lookUp(after, name, layered.to);
      const what = changeOf(was, is, since);
      if (what !== null) changes.push({ what, path });
      if (was?.places.length || is?.places.length)
        withParts(was?.places ?? [], (left) =>
          withParts(is?.places ?? [], (right) => walk(path, left, right)),
        );
    }
  };
  withRoots(from, (left) => withRoots(to, (right) => walk('', left, right)));
  return changes;
}

/** Names that may be something else: layers that both have, below all others, are not looked at. */
function differingNames(before: Parts, after: Parts): readonly string[] {
  let common = 0;
  while (common < before.length && before.at(-1 - common)?.key === after.at(-1 - common)?.key) common++;
  const own = [before, after].flatMap((parts) => parts.slice(0, parts.length - common));
  const names = [...new Set(own.flatMap(namesIn))];
  return names.sort((a, b) => (a < b ? -1 : 1));
}

function changeOf(was: Entry | null, is: Entry | null, since: boolean): Change['what'] | null {
  if (was === null) return is === null ? null : 'added';
  if (is === null) return 'removed';
  if (was.stats.dev === is.stats.dev && was.stats.ino === is.stats.ino) return null;
  try {
    return isSame(was, is, since) ? null : 'changed';
  } catch (error) {
    if (isGone(error)) return 'changed'; // while we looked
    throw error;
  }
}

const kindOf = ({ mode }: BigIntStats): bigint => mode & BigInt(constants.S_IFMT);

function isSame(was: Entry, is: Entry, since: boolean): boolean {
  const [left, right] = [was.stats, is.stats];
  if (left.mode !== right.mode || left.uid !== right.uid || left.gid !== right.gid) return false;
  if (!sameAttributes(was.path, is.path)) return false;
  switch (Number(kindOf(left))) {
    case constants.S_IFREG:
      if (left.size !== right.size) return false;
      // A copy is made after the last change of what it is a copy of.
      return (
        (since && left.mtimeNs === right.mtimeNs && right.ctimeNs <= left.ctimeNs) ||
        sameContent(was.path, is.path)
      );
    case constants.S_IFLNK:
      return readlinkSync(was.path, 'buffer').equals(readlinkSync(is.path, 'buffer'));
    case constants.S_IFCHR:
    case constants.S_IFBLK:
      return left.rdev === right.rdev;
    default:
      return true;
  }
}

function sameAttributes(left: Buffer, right: Buffer): boolean {
  const [one, other] = [left, right].map((path) =>
    [...attributesOf(path)].filter(([name]) => !isOverlays(name)).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return JSON.stringify(one) === JSON.stringify(other);
}

const CHUNK = 1024 * 1024;

/** Runs use with the file open; what is no plain file any more is not read. */
function withFile<T>(path: Buffer, use: (fd: number) => T): T {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function sameContent(left: Buffer, right: Buffer): boolean {
  const [one, other] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
  return withFile(left, (a) =>
    withFile(right, (b) => {
      if (!fstatSync(a).isFile() || !fstatSync(b).isFile()) return false;
      for (;;) {
        const size = readSync(a, one);
        if (size !== readSync(b, other) || !one.subarray(0, size).equals(other.subarray(0, size)))
          return false;
        if (size === 0) return true;
      }
    }),
  );
}
