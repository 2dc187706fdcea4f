/** A small file of /proc or /sys, without its newline; "" where it is not there or may not be read. */
import { readFileSync } from 'node:fs';

export function readLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
