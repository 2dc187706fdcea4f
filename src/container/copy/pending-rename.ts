/** A rename that was killed between its two steps: the configuration of the new name lies beside the old one. */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';

const PENDING = 'config.renamed-to-';

/** Where the configuration waits that the container has under its new name. */
export const pendingConfig = (dir: string, newName: string): string => join(dir, PENDING + newName);

/** Whether one of the directory's entries is that of an unfinished rename. */
export const isPendingRename = (entry: string): boolean => entry.startsWith(PENDING);

/** Completes the rename if the directory has its new name, and forgets it if not. The caller holds the container's lock. */
export function finishRename(dir: string): void {
  for (const entry of readdirSync(dir).filter(isPendingRename)) {
    const pending = join(dir, entry);
    if (entry === PENDING + basename(dir)) renameSync(pending, join(dir, 'config'));
    else rmSync(pending);
  }
}
