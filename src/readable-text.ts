import { readFileSync } from 'node:fs';

/** The text of a file; "" where there is none, it is not the caller's to read, or what it tells of (a process) has ended. */
export function readableText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
