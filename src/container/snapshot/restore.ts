/** Restores a snapshot: as a new container, or in place of what its container is now. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig } from '../../config/model.ts';
import { TlxcError } from '../../errors.ts';
import type { OnStage } from '../../gauge.ts';
import { refuseMounted } from '../../host/mounts.ts';
import { placeTree, renameDurably } from '../../host/trees.ts';
import { syncDirectory } from '../../sync-directory.ts';
import { backendNamed } from '../../storage/choose.ts';
import { volumeOf } from '../../storage/outside.ts';
import { parseVolume, partsOf } from '../../storage/volume.ts';
import { clonesOf, countedClones } from '../clones.ts';
import { refuseExisting } from '../refuse-existing.ts';
import { fillCopy } from '../copy/copying.ts';
import { ownsRange } from '../id-ranges.ts';
import { tellOfForwards } from '../copy/shared-forwards.ts';
import { restoreStaging, stagingPath, sweepLeftovers } from '../remove/leftovers.ts';
import { withLock } from '../lock.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { finishRestore, restoredPath } from './pending-restore.ts';
import { recover } from '../recover.ts';
import type { SnapshotRequest } from './snapshot.ts';
import { findSnapshot } from '../snapshots.ts';
import { checkStopped } from '../copy/source.ts';
import { unmanagedEntries } from '../remove/unmanaged-rootfs.ts';
import { refuseMissing } from '../not-defined.ts';

export interface RestoreRequest extends SnapshotRequest {
  readonly snapshot: string;
  /** Its own name: what it is now is replaced. */
  readonly newName: string;
  /** Something a person should know that does not stop it. */
  readonly warn: (text: string) => void;
  readonly onStage?: OnStage | undefined;
}

/** Throws TLXC_E_NOT_FOUND, TLXC_E_RUNNING, TLXC_E_EXISTS, TLXC_E_BUSY, TLXC_E_STORAGE; everything is then as it was. */
export async function restoreSnapshot(request: RestoreRequest): Promise<void> {
  const { name, newName, lxcpath, system } = request;
  const container = containerPaths(system, lxcpath, name);
  const target = containerPaths(system, lxcpath, newName);
  await recover(container, system, request.onStage);
  refuseMissing(container);
  findSnapshot(system, container, request.snapshot);
  if (newName === name) checkStopped(container);
  else refuseExisting(target);
  await sweepLeftovers(system, lxcpath, request.onStage).catch(() => undefined);
  if (newName === name) await withLock(container, () => replaceLocked(request, container));
  else await withLock(container, () => withLock(target, () => restoreLocked(request, container, target)));
  await sweepLeftovers(system, lxcpath, request.onStage).catch(() => undefined);
}

const AS_IT_WAS = { snapshot: false, backend: null, hookArgs: [] } as const;

/** Another machine: a name, addresses, ids and a machine id of its own. */
async function restoreLocked(
  { system, environment, snapshot, onStage, warn }: RestoreRequest,
  container: ContainerPaths,
  target: ContainerPaths,
): Promise<void> {
  refuseExisting(target);
  const source = findSnapshot(system, container, snapshot);
  const staging = stagingPath(target.lxcpath, target.name);
  const its = {
    name: target.name,
    keepMac: false,
    sameMachine: false,
    ids: { ofConfig: container.config },
  };
  const what = { system, environment, source, target, staging, onStage };
  const config = await fillCopy({ ...what, ...its, ...AS_IT_WAS });
  placeTree(staging, target.dir);
  tellOfForwards(config, { source: container, target, warn });
}

/** The same machine; only its ids are those that it has now. */
async function replaceLocked(request: RestoreRequest, container: ContainerPaths): Promise<void> {
  const { system, environment, snapshot, onStage } = request;
  checkStopped(container);
  refuseDependants(container);
  refuseMounted(container.dir);
  const source = findSnapshot(system, container, snapshot);
  const { name, lxcpath, dir, config: configFile } = container;
  const config = loadContainerConfig({ name, lxcpath, configFile, environment });
  checkStorage(config, container, request.warn);
  const first = config.idmap[0]?.value.outside;
  const ids = first !== undefined && ownsRange(system, first, configFile) ? first : null;
  const its = { name: null, keepMac: true, sameMachine: true, ids };
  const staging = restoreStaging(dir);
  await fillCopy({ system, environment, source, target: container, staging, onStage, ...its, ...AS_IT_WAS });
  // An empty directory takes the place of what the snapshot has not.
  for (const entry of ['rootfs', 'overlay'])
    if (existsSync(join(dir, entry)) && !existsSync(join(staging, entry))) mkdirSync(join(staging, entry));
  renameDurably(staging, restoredPath(dir));
  await finishRestore(container);
  // What has moved into it was on disk before (fillCopy).
  syncDirectory(dir);
}

function refuseDependants({ dir, name }: ContainerPaths): void {
  const [clone] = clonesOf(dir);
  if (clone === undefined && countedClones(dir) === 0) return;
  throw new TlxcError({
    code: 'TLXC_E_BUSY',
    message: `${name} has clones`,
    container: name,
    hint: `${clone?.name ?? 'they'} lies over what would be replaced; destroy the clones first, or restore under a new name (-N)`,
  });
}

function checkStorage(
  config: ContainerConfig,
  { dir, name }: ContainerPaths,
  warn: (text: string) => void,
): void {
  const path = config.rootfs.path?.value ?? 'none';
  if (path === 'none') return;
  if (unmanagedEntries(config, dir).length > 0) {
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `its root filesystem ${path} would be replaced, and lxc.rootfs.managed = 0 forbids it`,
      container: name,
      hint: 'restore under a new name (-N), or set lxc.rootfs.managed = 1',
    });
  }
  if (backendNamed(parseVolume(path).type)?.outside || volumeOf(dir) !== null) return;
  const own = partsOf(path).at(-1) ?? '';
  if (!own.startsWith(`${dir}/`))
    warn(`its former root filesystem ${own} lies outside ${dir} and is left there`);
}
