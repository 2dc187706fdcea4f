/** Whether what lies in the filesystem can be changed by nobody but root and the caller. */
import { lstatSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';

function isKept({ uid, gid, mode }: Stats, caller: number): boolean {
  if (uid !== 0 && uid !== caller) return false;
  if ((mode & 0o002) !== 0) return false;
  return (mode & 0o020) === 0 || gid === 0 || (caller !== 0 && gid === process.getgid?.());
}

/** In a directory with the sticky bit nobody takes away what is another's. */
function isKeptPlace(stats: Stats, caller: number): boolean {
  const isOwn = stats.uid === 0 || stats.uid === caller;
  return isOwn && ((stats.mode & 0o1000) !== 0 || isKept(stats, caller));
}

/** path: without links, as of realpath(3). All directories above it count: who can rename one of them has the file. */
export function isKeptByOwner(path: string, caller = process.geteuid?.() ?? 0): boolean {
  if (!isKept(lstatSync(path), caller)) return false;
  for (let place = dirname(path); ; place = dirname(place)) {
    if (!isKeptPlace(lstatSync(place), caller)) return false;
    if (place === '/') return true;
  }
}
