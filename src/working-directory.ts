/** Where relative paths begin. A shell may stand in a directory that somebody has removed: absolute paths are none the worse for it. */

/** What is left of such a directory: empty, and nothing can be made in it, so each name in it is one that is not there. */
const REMOVED = '/proc/self/cwd';

export function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    return REMOVED;
  }
}

/** The same place for a command in a container, where only a name can lead to it. */
export const namedDirectory = (directory: string): string => (directory === REMOVED ? '/' : directory);

export const isInRemoved = (path: string): boolean => path.startsWith(`${REMOVED}/`);
