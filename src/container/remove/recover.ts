/** What a command that was killed has left of a container for the next one to complete or remove. */
import { existsSync, readdirSync } from 'node:fs';
import type { SystemConfig } from '../../config/model.ts';
import { strangerOn } from '../../config/stranger.ts';
import { TlxcError } from '../../errors.ts';
import { isUnfinished, removeUnfinished } from './leftovers.ts';
import { withLock } from '../lock.ts';
import type { ContainerPaths } from '../paths.ts';
import { finishRename, isPendingRename } from '../copy/pending-rename.ts';
import { finishRestore, isPendingRestore } from '../snapshot/pending-restore.ts';

/** Root completes nothing that somebody else could have begun: what is to be moved there could be a link to root's own. */
function refuseStranger({ name, dir }: ContainerPaths): void {
  const stranger = strangerOn(dir);
  if (stranger === null) return;
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `${dir} holds what a command left that was killed, and others than root can write there`,
    container: name,
    path: dir,
    hint: `let user ${stranger.uid} run a command on it (tlxc-start, say): that completes it`,
  });
}

/** For whoever is about to read the configuration. Nothing to do costs one look at the directory. */
export async function recover(paths: ContainerPaths, system: SystemConfig): Promise<void> {
  const { dir } = paths;
  const entries = existsSync(dir) ? readdirSync(dir) : [];
  if (!entries.some((entry) => isPendingRename(entry) || isPendingRestore(entry) || isUnfinished(entry)))
    return;
  refuseStranger(paths);
  await withLock(paths, async () => {
    finishRename(dir);
    await finishRestore(paths);
    await removeUnfinished(dir, system);
  });
}
