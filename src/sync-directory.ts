/** What a directory contains, made durable. */
import { closeSync, constants, fsyncSync, openSync } from 'node:fs';

/** What is in the directory is on disk: names, not content. Throws the system's error. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
