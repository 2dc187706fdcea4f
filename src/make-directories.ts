import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * mkdir -p with the modes of those it makes; the first of them, undefined where all were there. Throws the system's error. Node's
 * own says of a filesystem that can only be read that the directory is not there, and in /proc it never returns.
 */
export function makeDirectories(path: string, mode = 0o777): string | undefined {
  if (isDirectory(path)) return undefined;
  const missing = [path];
  for (let above = dirname(path); !existsSync(above); above = dirname(above)) missing.unshift(above);
  for (const each of missing)
    try {
      mkdirSync(each, { mode });
    } catch (error) {
      // Somebody else may have made it just now.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || !isDirectory(each)) throw error;
    }
  return missing[0];
}
