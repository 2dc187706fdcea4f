/** A rename that was killed between its two steps: the configuration of the new name lies beside the old one. */
import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../../config/model.ts';
import { returnRanges, type RangeOwner } from '../id-ranges.ts';
import type { ContainerPaths } from '../paths.ts';
import { stagingPath } from '../remove/leftovers.ts';

const PENDING = 'config.renamed-to-';

/** Where the configuration waits that the container has under its new name. */
export const pendingConfig = (dir: string, newName: string): string => join(dir, PENDING + newName);

/** Whether one of the directory's entries is that of an unfinished rename. */
export const isPendingRename = (entry: string): boolean => entry.startsWith(PENDING);

/** Whose the ids are on the way: held by the old directory while it is there, by the new configuration after. */
export const ownerOnTheWay = ({ dir, lxcpath }: ContainerPaths, newName: string): RangeOwner => ({
  staging: dir,
  config: join(lxcpath, newName, 'config'),
});

/** Completes the rename if the directory has its new name, and forgets it if not. The caller holds the container's lock. */
export function finishRename(paths: ContainerPaths, system: SystemConfig): void {
  const { dir, lxcpath, name, config } = paths;
  for (const entry of readdirSync(dir).filter(isPendingRename)) {
    const pending = join(dir, entry);
    const newName = entry.slice(PENDING.length);
    if (newName === name) {
      renameSync(pending, config);
      continue;
    }
    // Before it is forgotten: the next copy, rename and destroy go by the old name.
    const owner = { staging: stagingPath(lxcpath, name), config };
    returnRanges(system, owner, ownerOnTheWay(paths, newName));
    rmSync(pending);
  }
}
