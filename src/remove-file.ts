import { unlinkSync } from 'node:fs';

/** unlink(2); a file that is not there is no error. (rmSync of node:fs loads a module of a millisecond for that.) Throws the system's error. */
export function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
