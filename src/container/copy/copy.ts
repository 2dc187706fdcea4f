/**
 * Copies a container: whole, or not at all. As create does, everything is built in a staging directory below the new
 * container's store, and renamed into place last; the source is locked meanwhile.
 */
import type { SystemConfig } from '../../config/model.ts';
import type { OnStage } from '../../gauge.ts';
import { makePlaceForTrees, placeTree } from '../../host/trees.ts';
import type { VolumeOptions } from '../../storage/backend.ts';
import { fillCopy, type Copying } from './copying.ts';
import { stagingPath, sweepLeftovers } from '../remove/leftovers.ts';
import { sweepUnstarted } from '../remove/destroy.ts';
import { withLock } from '../lock.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { refuseExisting } from '../refuse-existing.ts';
import { tellOfForwards } from './shared-forwards.ts';
import { recover } from '../recover.ts';
import { checkReadable, checkStopped, type Stillness } from './source.ts';
import type { Environment } from '../../environment.ts';

export interface CopyRequest extends Stillness {
  /** The source. */
  readonly name: string;
  readonly lxcpath: string;
  /** In place of its own, which then need not exist. */
  readonly configFile?: string | undefined;
  readonly newName: string;
  readonly newPath: string;
  readonly system: SystemConfig;
  /** Copy-on-write: the copy lies over the source, which may not be destroyed while it exists. */
  readonly snapshot: boolean;
  /** -B; null: as the source, or for a snapshot of a directory overlay. */
  readonly backend: string | null;
  /** How large the copy may be, and where a volume of its own lies. */
  readonly volume?: VolumeOptions;
  /** The host name in it, and in its configuration, stays the source's. */
  readonly keepName: boolean;
  /** Its hardware addresses stay the source's: both cannot run in one network then. */
  readonly keepMac: boolean;
  /** Also while the source runs. */
  readonly allowRunning?: boolean;
  /** Further lines of the copy's configuration. */
  readonly lines?: Copying['lines'];
  /** Directories to be made in the copy's own. */
  readonly rootsOwn?: Copying['rootsOwn'];
  /** Called with where the copy lies when all of it is there, before anybody sees it. */
  readonly onMade?: (staging: string) => void;
  /** What its cloud-init is told anew; it is another instance in any case. */
  readonly cloudInit?: Copying['cloudInit'];
  /** For the clone hooks. */
  readonly hookArgs: readonly string[];
  /** Told how to ask how far it is. */
  readonly onStage?: OnStage | undefined;
  readonly environment: Environment;
}

/** Throws TLXC_E_NOT_FOUND, TLXC_E_RUNNING, TLXC_E_EXISTS, TLXC_E_UNSUPPORTED, TLXC_E_STORAGE, TLXC_E_HOOK; then nothing of the copy is left. */
export async function copyContainer(request: CopyRequest): Promise<void> {
  const { name, lxcpath, newName, newPath, system } = request;
  const own = containerPaths(system, lxcpath, name);
  const source = { ...own, config: request.configFile ?? own.config };
  const target = containerPaths(system, newPath, newName);
  await recover(own, system, request.onStage);
  checkSource(source, request);
  refuseExisting(target);
  makePlaceForTrees(newPath, 0o711);
  await sweepLeftovers(system, newPath, request.onStage).catch(() => undefined);
  await sweepUnstarted({ ...request, lxcpath: newPath });
  await withLock(source, () => withLock(target, () => copyLocked(request, source, target)));
}

function checkSource(source: ContainerPaths, { allowRunning = false, environment }: CopyRequest): void {
  if (allowRunning) checkReadable(source, environment);
  else checkStopped(source, ', or let it be frozen for so long (-a)');
}

async function copyLocked(
  request: CopyRequest,
  source: ContainerPaths,
  target: ContainerPaths,
): Promise<void> {
  checkSource(source, request);
  refuseExisting(target);
  const { system, environment, snapshot, backend, keepMac, hookArgs } = request;
  const own = containerPaths(system, request.lxcpath, request.name);
  const staging = stagingPath(target.lxcpath, target.name);
  const config = await fillCopy({
    ...{ system, environment, source, target, staging, snapshot, backend, keepMac, hookArgs },
    name: request.keepName ? null : target.name,
    sameMachine: false,
    cloudInit: request.cloudInit,
    freezeMs: request.freezeMs,
    warn: request.warn,
    onStage: request.onStage,
    ids: { ofConfig: own.config },
    ...(request.volume && { volume: request.volume }),
    ...(request.lines && { lines: request.lines }),
    ...(request.rootsOwn && { rootsOwn: request.rootsOwn }),
  });
  request.onMade?.(staging);
  placeTree(staging, target.dir);
  tellOfForwards(config, { source: own, target, warn: request.warn });
}
