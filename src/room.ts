/** Which filesystem is full, and of what: for whoever has to make room there. */
import { existsSync, realpathSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { mountOf } from './mountinfo.ts';

const mebibytes = (bytes: number): string => `${Math.floor(bytes / 2 ** 20)} MiB`;

function left(place: string): string {
  const { bavail, bsize, blocks, files, ffree } = statfsSync(place);
  // Some filesystems make inodes as they are needed, and count none.
  if (files > 0 && ffree === 0) return `all of its ${files} inodes are in use: remove files`;
  return `${mebibytes(bavail * bsize)} of ${mebibytes(blocks * bsize)} are free`;
}

const existing = (path: string): string =>
  path === '/' || existsSync(path) ? path : existing(dirname(path));

/** "/var (/dev/sda2)": the filesystem that an absolute path is, or would be, on. Throws the system's error. */
export function filesystemName(path: string): string {
  const place = realpathSync(existing(path));
  const { point, source } = mountOf(place) ?? { point: place, source: '' };
  return source.startsWith('/') ? `${point} (${source})` : point;
}

/** What can be done about ENOSPC or EDQUOT at an absolute path. A quota (isQuota) is met where there may be room. */
export function roomHint(path: string, isQuota = false): string {
  try {
    const where = filesystemName(path);
    return isQuota
      ? `make room on ${where}, or have the quota raised that is used up there`
      : `make room on ${where}: ${left(existing(path))}`;
  } catch {
    return `make room where ${path} is (df)`;
  }
}
