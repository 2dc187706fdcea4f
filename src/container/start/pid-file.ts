/** Where a monitor is to write its process id: it replaces the file by a new one, and removes that at its end. */
import { lstatSync } from 'node:fs';
import { usageError } from '../../errors.ts';

/** Throws TLXC_E_USAGE for what is there and is no file: /dev/null, say, which would be gone for the whole host. */
export function checkPidFile(path: string | undefined): void {
  const stats = path && lstatSync(path, { throwIfNoEntry: false });
  if (!stats || stats.isFile() || stats.isSymbolicLink()) return;
  throw usageError(
    `the monitor's process id cannot be written to ${path}: it is no regular file, and would be replaced by one`,
    'name a file; tlxc-info -n NAME --json tells the process ids, too',
  );
}
