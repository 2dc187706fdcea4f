/** Images that a kernel is not given to mount: whoever writes one could trick it. */
import { statSync } from 'node:fs';
import { TlxcError } from '../errors.ts';

/** Whether others than root can write the file. */
export function isForeign(file: string): boolean {
  const { uid, mode } = statSync(file);
  return uid !== 0 || (mode & 0o022) !== 0;
}

/** Throws TLXC_E_PERMISSION for a file that others than root can write. */
export function refuseForeign(file: string): void {
  if (!isForeign(file)) return;
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `${file} can be written by others than root, and is not mounted: a forged filesystem can take over the kernel`,
    path: file,
    hint: `if you trust it: chown root ${file}; chmod go-w ${file}`,
  });
}
