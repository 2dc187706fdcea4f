/** Images that a kernel is not given to mount: whoever writes one could trick it. */
import { realpathSync, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { TlxcError } from '../errors.ts';

const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

/** Root's group is root: LXC's containers are of that group, which may write them. */
const isRoots = ({ uid, gid, mode }: Stats): boolean =>
  uid === 0 && (mode & OTHERS_WRITE) === 0 && (gid === 0 || (mode & GROUP_WRITES) === 0);

/** Where others cannot put something else in the place of a file of root's. */
const isSafe = (stats: Stats): boolean => isRoots(stats) || (stats.uid === 0 && (stats.mode & STICKY) !== 0);

function above(path: string): readonly string[] {
  const directory = dirname(path);
  return directory === path ? [] : [directory, ...above(directory)];
}

/** The file, or directory above it, that others than root can write; null: there is none. */
function foreignPart(file: string): string | null {
  if (!isRoots(statSync(file))) return file;
  // Both the way that is written, whose links are root's where its directories are, and where it leads.
  const directories = [...above(file), ...above(realpathSync(file))];
  return directories.find((directory) => !isSafe(statSync(directory))) ?? null;
}

/** Throws TLXC_E_PERMISSION for a file that others than root can write, or put another in the place of. */
export function refuseForeign(file: string): void {
  const foreign = foreignPart(file);
  if (foreign === null) return;
  const what = foreign === file ? file : `${file}, in ${foreign},`;
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `${what} can be written by others than root, and is not mounted: a forged filesystem can take over the kernel`,
    path: file,
    hint:
      foreign === file
        ? `if you trust it: chown root ${file}; chmod go-w ${file}`
        : `if you trust it, move it to where only root can write`,
  });
}
