/** Takes, restores and destroys snapshots of a container: each is whole, or not there. */
import { lstatSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../../config/atomic-write.ts';
import type { SystemConfig } from '../../config/model.ts';
import { strangerOn } from '../../config/stranger.ts';
import type { Environment } from '../../environment.ts';
import { errnoName, errnoWords } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import type { OnStage } from '../../gauge.ts';
import { refuseMounted } from '../../host/mounts.ts';
import { renameDurably } from '../../host/trees.ts';
import { forgetUsers } from '../../image/forget-users.ts';
import { native } from '../../native/binding.ts';
import { randomHex } from '../../random.ts';
import { syncDirectory } from '../../sync-directory.ts';
import { forgetClone, refuseClones } from '../clones.ts';
import { discard } from '../remove/discard.ts';
import { fillCopy } from '../copy/copying.ts';
import { snapshotStaging, sweepLeftovers, makeTrash } from '../remove/leftovers.ts';
import { withLock } from '../lock.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { recover } from '../recover.ts';
import { checkReadable, type Stillness } from '../copy/source.ts';
import { findSnapshot, freeSnapshotName, snapshotsOf, snapshotStore, timestampOf } from '../snapshots.ts';
import { refuseMissing } from '../not-defined.ts';
import { makeDirectories } from '../../make-directories.ts';

export interface SnapshotRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  readonly environment: Environment;
}

export interface TakeRequest extends SnapshotRequest, Stillness {
  /** In place of the container's own configuration. */
  readonly configFile?: string | undefined;
  readonly onStage?: OnStage | undefined;
}

/**
 * Takes a snapshot; `comment` is the file that is kept with it, or its bytes. Returns its name. Throws TLXC_E_NOT_FOUND,
 * TLXC_E_RUNNING, TLXC_E_UNSUPPORTED, TLXC_E_STORAGE, TLXC_E_HOOK; then nothing of it is left.
 */
export async function takeSnapshot(request: TakeRequest, comment: string | Buffer | null): Promise<string> {
  const { name, lxcpath, system } = request;
  const own = containerPaths(system, lxcpath, name);
  const source = { ...own, config: request.configFile ?? own.config };
  await recover(own, system, request.onStage);
  refuseMissing(own);
  checkReadable(source, request.environment);
  await sweepLeftovers(system, lxcpath, request.onStage).catch(() => undefined);
  return withLock(source, () => takeLocked(request, source, comment));
}

async function takeLocked(
  request: TakeRequest,
  source: ContainerPaths,
  comment: string | Buffer | null,
): Promise<string> {
  checkReadable(source, request.environment);
  const { system, environment, freezeMs, warn, onStage } = request;
  const staging = snapshotStaging(source.dir);
  const target = containerPaths(system, snapshotStore(source.dir), freeSnapshotName(source.dir));
  const kept = { name: null, keepMac: true, sameMachine: true, ids: null };
  const places = { system, environment, source, target, staging, freezeMs, warn, onStage };
  await fillCopy({ ...places, ...kept, snapshot: false, backend: null, hookArgs: [] });
  try {
    if (comment !== null)
      writeFileAtomically(join(staging, 'comment'), readComment(comment), { mode: 0o644 });
    writeFileAtomically(join(staging, 'ts'), timestampOf(new Date()), { mode: 0o644 });
    makeDirectories(target.lxcpath, 0o755);
    renameDurably(staging, target.dir);
  } catch (error) {
    await discard(staging, system);
    throw error;
  }
  return target.name;
}

function readComment(from: string | Buffer): Buffer {
  if (typeof from !== 'string') return from;
  try {
    return readFileSync(from);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const message = `the comment file ${from} cannot be read: ${errnoWords(code)}`;
    throw new TlxcError({ code: 'TLXC_E_USAGE', message, path: from, cause: error });
  }
}

/** Destroys one snapshot. Throws TLXC_E_NOT_FOUND, TLXC_E_BUSY where a container lies over it, TLXC_E_STORAGE. */
export async function destroySnapshot(request: SnapshotRequest, snapshot: string): Promise<void> {
  await destroyThose(request, (container) => [findSnapshot(request.system, container, snapshot)]);
}

/** Destroys all snapshots; returns how many there were. Throws as destroySnapshot, and then those before it are gone. */
export async function destroyAllSnapshots(request: SnapshotRequest): Promise<number> {
  return destroyThose(request, ({ dir }) =>
    snapshotsOf(dir).map(({ name }) => containerPaths(request.system, snapshotStore(dir), name)),
  );
}

async function destroyThose(
  { name, lxcpath, system }: SnapshotRequest,
  which: (container: ContainerPaths) => readonly ContainerPaths[],
): Promise<number> {
  const container = containerPaths(system, lxcpath, name);
  refuseMissing(container);
  await recover(container, system);
  const gone = await withLock(container, () =>
    which(container).map((snapshot) => moveToTrash(system, container, snapshot)),
  );
  for (const trashed of gone) await discard(trashed, system);
  return gone.length;
}

/** Where it is then. */
function moveToTrash(system: SystemConfig, container: ContainerPaths, snapshot: ContainerPaths): string {
  refuseClones(container, snapshot);
  refuseMounted(snapshot.dir);
  const trash = makeTrash(container.lxcpath);
  const trashed = join(trash, randomHex(16));
  moveFrom(snapshot, trashed);
  forgetClone(system, trashed, snapshot);
  forgetUsers(system.cacheDir, snapshot.dir);
  const store = snapshotStore(container.dir);
  // A link of root's stays, for the next one.
  if (lstatSync(store).isDirectory() && readdirSync(store).length === 0) rmdirSync(store);
  syncDirectory(container.dir);
  return trashed;
}

/** Where others could meanwhile put a link in the way: out of the directory of snapshots that is opened without one. */
function moveFrom({ name, dir, lxcpath: store }: ContainerPaths, trashed: string): void {
  const stranger = strangerOn(store);
  if (stranger === null) {
    renameDurably(dir, trashed);
    return;
  }
  const opened = native().openWithoutLinks({ path: stranger.path });
  if (typeof opened !== 'number') {
    const errno = errnoName(opened.errno);
    const message = `snapshot ${name} cannot be reached without links: ${errnoWords(errno)}`;
    const hint = `user ${stranger.uid} can put links there: name the place without any (realpath), or run the command as that user`;
    throw new TlxcError({ code: 'TLXC_E_PERMISSION', message, path: store, errno, hint });
  }
  try {
    renameDurably(`/proc/self/fd/${opened}/${name}`, trashed);
  } finally {
    native().closeFd(opened);
  }
}
