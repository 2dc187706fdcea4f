/** One file of a root filesystem made of layers, as overlayfs would show it: layered.ts says how looking for it is safe. */
import { closeSync, constants, fstatSync, openSync, readFileSync, type BigIntStats } from 'node:fs';
import { isGone, lookUp, withParts, withRoots, type Parts } from './layered.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
const LIMIT = 1024n * 1024n;

interface PlainFile {
  readonly text: string;
  readonly stats: BigIntStats;
}

export interface LayeredFile {
  /** Of the directories above it, from the root's own on down. */
  readonly parents: readonly BigIntStats[];
  /** null: there is none yet. */
  readonly file: PlainFile | null;
}

/** null: it is something else than a plain file of a usual size. */
function readPlain(path: Buffer): PlainFile | null {
  const fd = openPlain(path);
  if (fd === null) return null;
  try {
    const stats = fstatSync(fd, { bigint: true });
    return stats.isFile() && stats.size <= LIMIT ? { text: readFileSync(fd, 'utf8'), stats } : null;
  } finally {
    closeSync(fd);
  }
}

function openPlain(path: Buffer): number | null {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    // A link to /run, say, is the image's own arrangement; a socket cannot be opened.
    if (isGone(error) || (error as NodeJS.ErrnoException).code === 'ENXIO') return null;
    throw error;
  }
}

function findIn(above: Parts, [name = '', ...rest]: readonly string[], layered: boolean): LayeredFile | null {
  const entry = lookUp(above, Buffer.from(name).toString('latin1'), layered);
  if (rest.length === 0) {
    const file = entry && readPlain(entry.path);
    return entry && !file ? null : { parents: [], file };
  }
  if (!entry?.stats.isDirectory()) return null;
  const deeper = withParts(entry.places, (parts) => findIn(parts, rest, layered));
  return deeper && { parents: [entry.stats, ...deeper.parents], file: deeper.file };
}

/** null where it cannot be: a directory above it is missing, or something else than a plain file is there. Throws TLXC_E_STORAGE. */
export const findFile = (layers: readonly string[], parts: readonly string[]): LayeredFile | null =>
  withRoots(layers, (roots) => findIn(roots, parts, layers.length > 1));

function directoriesIn(above: Parts, [name, ...rest]: readonly string[], layered: boolean): BigIntStats[] {
  const entry = name === undefined ? null : lookUp(above, Buffer.from(name).toString('latin1'), layered);
  if (!entry?.stats.isDirectory()) return [];
  return [entry.stats, ...withParts(entry.places, (parts) => directoriesIn(parts, rest, layered))];
}

/** Of the path's directories, from the root's own on down, as many as there are. Throws TLXC_E_STORAGE. */
export const directoriesOf = (layers: readonly string[], parts: readonly string[]): readonly BigIntStats[] =>
  withRoots(layers, (roots) => directoriesIn(roots, parts, layers.length > 1));
