/** A rename that was killed between its two steps: the configuration of the new name lies beside the old one. */
import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withLock } from './lock.ts';
import type { ContainerPaths } from './paths.ts';

const PENDING = 'config.renamed-to-';

/** Where the configuration waits that the container has under its new name. */
export const pendingConfig = (dir: string, newName: string): string => join(dir, PENDING + newName);

/** Completes the rename if the directory has its new name, and forgets it if not. The caller holds the container's lock. */
export function finishRename(dir: string): void {
  for (const entry of readdirSync(dir).filter((file) => file.startsWith(PENDING))) {
    const pending = join(dir, entry);
    if (entry === PENDING + basename(dir)) renameSync(pending, join(dir, 'config'));
    else rmSync(pending);
  }
}

/** The same for whoever is about to read the configuration. Nothing to do costs one look at the directory. */
export async function recoverRename(paths: ContainerPaths): Promise<void> {
  const { dir } = paths;
  if (!existsSync(dir) || !readdirSync(dir).some((file) => file.startsWith(PENDING))) return;
  await withLock(paths, () => finishRename(dir));
}
