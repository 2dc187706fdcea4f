/**
 * A root filesystem made of layers, read as overlayfs would show it: topmost first, with whiteouts and opaque directories.
 * The layers' own directories are the configuration's, and believed. Below them every step is one name in an open
 * directory, and no link is followed: what lies there may be hostile, and change meanwhile. Names are bytes, kept as
 * latin1 text.
 */
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  realpathSync,
  type BigIntStats,
} from 'node:fs';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** One layer's directory of that place. */
export interface Part {
  readonly fd: number;
  /** Tells whether two are the same directory. */
  readonly key: string;
}

/** A directory of the whole: topmost first. */
export type Parts = readonly Part[];

export interface Entry {
  readonly stats: BigIntStats;
  /** Bytes of a path that leads to it, as long as the directory is open. */
  readonly path: Buffer;
  /** Of a directory: where its parts are, topmost first. */
  readonly places: readonly Buffer[];
}

/** Bytes of the path of a name below an open directory. */
const below = ({ fd }: Part, name: string): Buffer => Buffer.from(`/proc/self/fd/${fd}/${name}`, 'latin1');

export const isGone = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '');

function statusOf(path: Buffer): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Throws the system's error. */
function openPart(path: Buffer | string): Part {
  const fd = openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const { dev, ino } = lstatSync(`/proc/self/fd/${fd}/.`, { bigint: true });
  return { fd, key: `${dev}:${ino}` };
}

/** None: it has gone, or is a directory no more. */
function partsAt(path: Buffer): Parts {
  try {
    return [openPart(path)];
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** A layer's own directory, which may be named by a link, and must be there. Throws TLXC_E_STORAGE. */
function openRoot(path: string): Part {
  try {
    return openPart(realpathSync.native(path));
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    throw new TlxcError({
      code: 'TLXC_E_STORAGE',
      message: `the root filesystem, or layer of one, ${path} cannot be read: ${errnoWords(code)}`,
      ...{ errno: code, path, cause },
      hint: 'see lxc.rootfs.path in the configuration; is its disk mounted?',
    });
  }
}

function withOpen<P, T>(places: readonly P[], open: (place: P) => Parts, use: (parts: Parts) => T): T {
  const parts: Part[] = [];
  try {
    for (const place of places) parts.push(...open(place));
    return use(parts);
  } finally {
    for (const { fd } of parts) closeSync(fd);
  }
}

/** Runs use with the directories open, those that are still there. */
export const withParts = <T>(places: readonly Buffer[], use: (parts: Parts) => T): T =>
  withOpen(places, partsAt, use);

/** Runs use with the layers' own directories open. Throws TLXC_E_STORAGE for one that cannot be. */
export const withRoots = <T>(layers: readonly string[], use: (parts: Parts) => T): T =>
  withOpen(layers, (layer) => [openRoot(layer)], use);

export const namesIn = ({ fd }: Part): readonly string[] =>
  readdirSync(`/proc/self/fd/${fd}`, { encoding: 'latin1' });

/** Extended attributes but for those that overlayfs keeps for itself. Throws TLXC_E_SYSCALL. */
export function attributesOf(path: Buffer): Map<string, string> {
  const found = native().attributes({ path });
  if (!('step' in found)) return new Map(found);
  const errno = errnoName(found.errno);
  const message = `the extended attributes of a file cannot be read: ${errnoWords(errno)}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, errno, syscall: found.syscall });
}

export const isOverlays = (name: string): boolean => /^(trusted|user)\.overlay\./.test(name);

/** trusted for root's overlays, user for those that a plain user mounts. */
const overlayAttribute = (attributes: Map<string, string>, name: string): string | undefined =>
  attributes.get(`trusted.overlay.${name}`) ?? attributes.get(`user.overlay.${name}`);

const Y = '79';

/** Whether the directories of the layers below do not shine through. Throws TLXC_E_UNSUPPORTED for one that was moved. */
function isOpaque(path: Buffer): boolean {
  const attributes = attributesOf(path);
  if (overlayAttribute(attributes, 'redirect') !== undefined) {
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `the directory ${JSON.stringify(path.toString().replace(/^\/proc\/self\/fd\/\d+\//, ''))} was renamed by overlayfs itself (redirect_dir), which is not followed`,
      hint: 'without redirect_dir=on in lxc.rootfs.options this does not happen',
    });
  }
  return overlayAttribute(attributes, 'opaque') === Y;
}

const isWhiteout = (stats: BigIntStats): boolean => stats.isCharacterDevice() && stats.rdev === 0n;

/** What the name is in the whole; null: nothing. `layered`: character devices 0:0 are whiteouts. */
export function lookUp(parts: Parts, name: string, layered: boolean): Entry | null {
  let top: BigIntStats | null = null;
  const places: Buffer[] = [];
  for (const [index, part] of parts.entries()) {
    const path = below(part, name);
    const stats = statusOf(path);
    if (stats === null) continue;
    if (layered && isWhiteout(stats)) break;
    if (!stats.isDirectory()) {
      if (top === null) return { stats, path, places: [] };
      break;
    }
    top ??= stats;
    places.push(path);
    if (layered && index < parts.length - 1 && isOpaque(path)) break;
  }
  const [path] = places;
  return top && path ? { stats: top, path, places } : null;
}
