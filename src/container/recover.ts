/** What a command that was killed has left of a container for the next one to complete or remove. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';
import { strangerOn } from '../config/stranger.ts';
import { TlxcError } from '../errors.ts';
import type { OnStage } from '../gauge.ts';
import { isUnfinished, removeUnfinished } from './remove/leftovers.ts';
import { withLock } from './lock.ts';
import { notDefined } from './not-defined.ts';
import type { ContainerPaths } from './paths.ts';
import { finishRename, isPendingRename } from './copy/pending-rename.ts';
import { finishRestore, isPendingRestore } from './snapshot/pending-restore.ts';

/** Root completes nothing in a store of somebody else's: what is to be moved there could be a link to a container of root's. */
function refuseStranger({ name, lxcpath, dir }: ContainerPaths, pending: readonly string[]): void {
  if (strangerOn(lxcpath) === null) return;
  const [entry = ''] = pending;
  const step = isPendingRestore(entry) ? 'the restoring of a snapshot' : 'a rename';
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `${step} was killed half-way (${join(dir, entry)}), and others than root can change what lies there`,
    container: name,
    path: dir,
    hint: `look at it; move what is in it to its place in ${dir}, or remove it, and try again; commands of the store's own user do that by themselves`,
  });
}

function entriesOf(paths: ContainerPaths): readonly string[] {
  try {
    return existsSync(paths.dir) ? readdirSync(paths.dir) : [];
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'EACCES' ? notDefined(paths) : error;
  }
}

/** For whoever is about to read the configuration. Nothing to do costs one look at the directory. */
export async function recover(paths: ContainerPaths, system: SystemConfig, onStage?: OnStage): Promise<void> {
  const { dir, lxcpath } = paths;
  const entries = entriesOf(paths);
  const pending = entries.filter((entry) => isPendingRename(entry) || isPendingRestore(entry));
  if (pending.length > 0) refuseStranger(paths, pending);
  else if (!entries.some(isUnfinished) || strangerOn(lxcpath) !== null) return;
  await withLock(paths, async () => {
    finishRename(paths, system);
    await finishRestore(paths);
    await removeUnfinished(dir, system, onStage);
  });
}
