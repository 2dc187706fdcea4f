/** What a command that was killed has left of a container for the next one to complete or remove. */
import { existsSync, readdirSync } from 'node:fs';
import type { SystemConfig } from '../../config/model.ts';
import { isUnfinished, removeUnfinished } from './leftovers.ts';
import { withLock } from '../lock.ts';
import type { ContainerPaths } from '../paths.ts';
import { finishRename, isPendingRename } from '../copy/pending-rename.ts';
import { finishRestore, isPendingRestore } from '../snapshot/pending-restore.ts';

/** For whoever is about to read the configuration. Nothing to do costs one look at the directory. */
export async function recover(paths: ContainerPaths, system: SystemConfig): Promise<void> {
  const { dir } = paths;
  const entries = existsSync(dir) ? readdirSync(dir) : [];
  if (!entries.some((entry) => isPendingRename(entry) || isPendingRestore(entry) || isUnfinished(entry)))
    return;
  await withLock(paths, async () => {
    finishRename(dir);
    await finishRestore(paths);
    await removeUnfinished(dir, system);
  });
}
