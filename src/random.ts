/** Bytes that nobody foresees, from the kernel. node:crypto has them too, and takes 5 ms to load: as long as a short command works. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

/** Throws the system's error where there is no /dev/urandom. */
export function randomBytes(count: number): Buffer {
  const bytes = Buffer.alloc(count);
  const fd = openSync('/dev/urandom', 'r');
  try {
    readSync(fd, bytes, 0, count, null);
  } finally {
    closeSync(fd);
  }
  return bytes;
}

/** Two digits a byte, small letters. */
export const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex');

/** 32 such digits that are an UUID of version 4, as machine-id(5) wants them. */
export const randomMachineId = (): string =>
  readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim().replaceAll('-', '');
