/**
 * Gives a container another name. Its directory is renamed, and its configuration names that directory: the new
 * configuration lies beside the old one first, and who is killed between the two renames leaves what the next command
 * completes (finishRename).
 */
import { existsSync } from 'node:fs';
import { writeFileAtomically } from '../../config/atomic-write.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { SystemConfig } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import type { OnStage } from '../../gauge.ts';
import { refuseMounted } from '../../host/mounts.ts';
import { renameDurably } from '../../host/trees.ts';
import { forgetUsers } from '../../image/forget-users.ts';
import { referenceLayers } from '../../image/reference-layers.ts';
import { partsOf } from '../../storage/volume.ts';
import { clonesOf, countedClones } from '../clones.ts';
import { copiedConfig } from './config.ts';
import { refuseExisting } from '../refuse-existing.ts';
import { ownsRange, recordRange } from '../id-ranges.ts';
import { withLock } from '../lock.ts';
import { moveNames } from '../network/bridge-names.ts';
import { nameWithin } from './name-within.ts';
import { finishRename, ownerOnTheWay, pendingConfig } from './pending-rename.ts';
import { afterCloneHooks } from './rename-hooks.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { refuseLinked } from '../linked.ts';
import { removeRunDir } from '../remove/run-directory.ts';
import { recover } from '../recover.ts';
import { forgetEnds } from '../restart.ts';
import { snapshotsOf } from '../snapshots.ts';
import { checkStopped } from './source.ts';
import { syncDirectory } from '../../sync-directory.ts';
import { unmanagedEntries } from '../remove/unmanaged-rootfs.ts';

export interface RenameRequest {
  readonly name: string;
  readonly newName: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  readonly environment: Environment;
  /** Something a person should know that does not stop it. */
  readonly warn: (text: string) => void;
  readonly onStage?: OnStage | undefined;
}

/** Throws TLXC_E_NOT_FOUND, TLXC_E_RUNNING, TLXC_E_EXISTS, TLXC_E_BUSY; the container is then as it was. */
export async function renameContainer(request: RenameRequest): Promise<void> {
  const { name, newName, lxcpath, system } = request;
  const [source, target] = [containerPaths(system, lxcpath, name), containerPaths(system, lxcpath, newName)];
  refuseLinked(source, 'renamed');
  await recover(source, system, request.onStage);
  checkStopped(source);
  refuseExisting(target);
  await withLock(source, () => withLock(target, () => renameLocked(request, source, target)));
}

function refuseDependants({ dir, name }: ContainerPaths): void {
  const refuse = (what: string, hint: string): TlxcError =>
    new TlxcError({ code: 'TLXC_E_BUSY', message: `${name} has ${what}`, container: name, hint });
  if (snapshotsOf(dir).length > 0)
    throw refuse('snapshots', `they name it: tlxc-snapshot -n ${name} -d ALL destroys them`);
  const [clone] = clonesOf(dir);
  if (clone !== undefined || countedClones(dir) > 0)
    throw refuse(
      'clones',
      `${clone?.name ?? 'they'} lies over its root filesystem; destroy the clones first`,
    );
}

const unmanaged = ({ name, dir }: ContainerPaths, path: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `its root filesystem ${path} would be renamed with ${dir}, and lxc.rootfs.managed = 0 forbids it`,
    container: name,
    hint: 'move the root filesystem elsewhere first, or set lxc.rootfs.managed = 1',
  });

interface Move {
  readonly source: ContainerPaths;
  readonly target: ContainerPaths;
  /** The configuration under the new name. */
  readonly text: string;
  /** Of a range of its own. */
  readonly firstId: number | null;
  readonly layers: readonly string[];
}

/** The step that decides: what fails in it leaves the old name, and what was noted of it. */
function moveDirectory({ system }: RenameRequest, { source, target, text, firstId, layers }: Move): void {
  const owner = ownerOnTheWay(source, target.name);
  // Its place until then is the file that is written next: the old name may soon be somebody else's.
  const pending = pendingConfig(source.dir, target.name);
  referenceLayers(system.cacheDir, layers, { staging: pending, config: target.config });
  try {
    writeFileAtomically(pending, text, { mode: 0o640 });
    if (firstId !== null) recordRange(system, firstId, owner);
    renameDurably(source.dir, target.dir);
  } catch (error) {
    if (existsSync(source.dir)) finishRename(source, system);
    throw error;
  }
}

async function renameLocked(
  request: RenameRequest,
  source: ContainerPaths,
  target: ContainerPaths,
): Promise<void> {
  checkStopped(source);
  refuseExisting(target);
  refuseDependants(source);
  refuseMounted(source.dir);
  const { name, newName, lxcpath, system, environment } = request;
  const config = loadContainerConfig({ name, lxcpath, configFile: source.config, environment });
  const path = config.rootfs.path?.value;
  if (unmanagedEntries(config, source.dir).length > 0) throw unmanaged(source, path ?? '');
  const names = config.utsName?.value === name;
  const renamed = copiedConfig({
    text: readConfigFile(source.config).text,
    file: source.config,
    sourceDir: source.dir,
    dir: target.dir,
    name: names ? newName : null,
    rootfsPath: path?.replaceAll(`${source.dir}/`, `${target.dir}/`) ?? null,
    firstId: null,
    keepMac: true,
  });
  const text = await afterCloneHooks({ ...request, source, target, config, text: renamed });
  // Before the directory has its new name: whoever is killed in between has it renamed again.
  if (names) await nameWithin(config, source, target, request);
  const first = config.idmap[0]?.value.outside;
  const firstId = first !== undefined && ownsRange(system, first, source.config) ? first : null;
  moveDirectory(request, { source, target, text, firstId, layers: path === undefined ? [] : partsOf(path) });
  forgetEnds(source);
  finishRename(target, system);
  forgetUsers(system.cacheDir, source.dir);
  await moveNames(system, source, target, request.warn);
  removeRunDir(source);
  // The rest is on disk already: each wrote what it did there, and waited for nobody else's.
  syncDirectory(target.dir);
}
