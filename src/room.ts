/** Which filesystem is full, and of what, or can only be read: for whoever has to make room there. */
import { existsSync, realpathSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { mountOf } from './mountinfo.ts';
import { shellWord } from './shell-word.ts';

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

/** Less is the reserve of a filesystem for root, or for itself. */
const LITTLE = 1 / 16;

const existing = (path: string): string =>
  path === '/' || existsSync(path) ? path : existing(dirname(path));

/** "/var (/dev/sda2)" */
function filesystemName(place: string): string {
  const real = realpathSync(place);
  const { point, source } = mountOf(real) ?? { point: real, source: '' };
  return source.startsWith('/') ? `${point} (${source})` : point;
}

function whatToDo(path: string): string | undefined {
  const place = existing(path);
  const { bavail, bsize, blocks, files, ffree } = statfsSync(place);
  // Nothing is stored there: what is used up is another thing, which the kernel has a limit for.
  if (blocks === 0) return undefined;
  const where = filesystemName(place);
  // Some filesystems make inodes as they are needed, and count none.
  if (files > 0 && ffree === 0) return `remove files on ${where}: all of its ${files} inodes are in use`;
  const [free, all] = [mebibytes(bavail * bsize), mebibytes(blocks * bsize)];
  if (bavail < blocks * LITTLE) return `make room on ${where}: ${free} of ${all} are free`;
  return `look what is used up on ${where}, although ${free} of ${all} are free: a quota or limit of a directory, or the filesystem's own data`;
}

/**
 * What can be done about ENOSPC at an absolute path, by the name of the filesystem that it is, or would be, on. undefined: it is
 * none that could be full.
 */
export function roomHint(path: string): string | undefined {
  try {
    return whatToDo(path);
  } catch {
    return `make room where ${path} is (df)`;
  }
}

/** The same about EDQUOT, which is met where there may be room. */
export function quotaHint(path: string): string {
  try {
    return `make room on ${filesystemName(existing(path))}, or have the quota raised that is used up there`;
  } catch {
    return `make room where ${path} is, or have the quota raised that is used up there`;
  }
}

/** What can be done about EROFS there. */
export function readOnlyHint(path: string): string {
  try {
    const real = realpathSync(existing(path));
    const { point = real } = mountOf(real) ?? {};
    return `what is mounted at ${point} can only be read: choose another place, or mount -o remount,rw ${shellWord(point)}`;
  } catch {
    return `${path} can only be read: choose another place`;
  }
}
