/**
 * Where a checkpoint lies. Its images hold all memory of a container, and say which processes with which rights CRIU makes
 * as root of this host: so nobody but root may write there, or lead elsewhere on the way.
 */
import { lstatSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../../errors.ts';
import { isKeptByOwner } from '../../host/kept-by-owner.ts';
import { makeDirectories } from '../../make-directories.ts';

function refuse(path: string): never {
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `others than root could change ${path}, or what leads there: a checkpoint is not safe in it`,
    path,
    hint: `choose a directory of root's, such as /var/lib/tlxc-checkpoints/NAME; chown root and chmod go-w mend one`,
  });
}

/** The directory without links; throws TLXC_E_PERMISSION where others than root could change it. */
function keptDirectory(directory: string): string {
  const place = realpathSync(directory);
  if (!lstatSync(place).isDirectory() || !isKeptByOwner(place, 0)) refuse(place);
  return place;
}

/** Made where it is missing, for root alone, with those above it. Throws as keptDirectory: whatever was made is empty then. */
export function makeKeptDirectory(directory: string, container: string): { place: string; made: boolean } {
  try {
    const made = makeDirectories(directory, 0o700) !== undefined;
    return { place: keptDirectory(directory), made };
  } catch (error) {
    if (error instanceof TlxcError) throw error;
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new TlxcError({
      ...{ code: 'TLXC_E_SYSCALL', message: `cannot make the directory ${directory}`, errno: code },
      ...{ path: directory, container, hint: 'choose another directory (-D)' },
    });
  }
}

/** As keptDirectory, and every file in it: plain ones that only root can write. */
export function keptCheckpoint(directory: string): string {
  const place = keptDirectory(directory);
  for (const name of readdirSync(place)) {
    const file = join(place, name);
    if (lstatSync(file).isFile() ? !isKeptByOwner(file, 0) : !isAnotherCheckpoint(file)) refuse(file);
  }
  return place;
}

/** CRIU's link to the images of a pre-dump, which are checked as well. */
function isAnotherCheckpoint(link: string): boolean {
  const stats = lstatSync(link);
  if (stats.isDirectory()) return isKeptByOwner(link, 0);
  return stats.isSymbolicLink() && stats.uid === 0 && keptCheckpoint(link) !== '';
}
