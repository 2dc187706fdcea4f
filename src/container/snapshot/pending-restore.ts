/**
 * A container that takes back the state of a snapshot, in two steps: all of it is made beside what it replaces, in
 * DIR/.tlxc-restoring (leftovers.ts); once that is called DIR/.tlxc-restored, entry after entry of it takes the place of the old one.
 * Whoever is killed between leaves what the next command completes.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { moveTree } from '../../host/trees.ts';
import { randomHex } from '../../random.ts';
import { makeTrash } from '../remove/leftovers.ts';
import type { ContainerPaths } from '../paths.ts';

const COMPLETE = '.tlxc-restored';

/** What it is called once it is complete. */
export const restoredPath = (dir: string): string => join(dir, COMPLETE);

/** Whether one of the directory's entries is that of a restoring that has to be completed. */
export const isPendingRestore = (entry: string): boolean => entry === COMPLETE;

/** The old entries go to the trash; the configuration comes last. The caller holds the container's lock. */
export async function finishRestore({ dir, lxcpath }: ContainerPaths): Promise<void> {
  const restored = restoredPath(dir);
  if (!existsSync(restored)) return;
  const trash = makeTrash(lxcpath);
  const entries = readdirSync(restored).filter((entry) => entry !== 'config');
  for (const entry of entries) {
    // Below a directory of ours: what the trash notes of itself must not be what a container wrote in its tree.
    if (existsSync(join(dir, entry))) {
      const gone = join(trash, randomHex(16));
      mkdirSync(gone, { mode: 0o700 });
      await moveTree(join(dir, entry), join(gone, entry));
    }
    await moveTree(join(restored, entry), join(dir, entry));
  }
  const config = join(restored, 'config');
  if (existsSync(config)) renameSync(config, join(dir, 'config'));
  rmdirSync(restored);
}
