/** Removes a container: it is gone with one rename into LXCPATH/.trash, whatever the deletion after it takes. */
import { existsSync, lstatSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../../config/model.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import type { OnStage } from '../../gauge.ts';
import { refuseMounted } from '../../host/mounts.ts';
import { probeHost } from '../../host/probe.ts';
import { renameDurably } from '../../host/trees.ts';
import { askMonitor } from '../../monitor/client.ts';
import { forgetUsers } from '../../image/forget-users.ts';
import { rootfsMount, rootfsPath } from '../../plan/rootfs.ts';
import { randomHex } from '../../random.ts';
import { backendNamed } from '../../storage/choose.ts';
import { noteVolume, volumeOf } from '../../storage/outside.ts';
import { parseVolume, partsOf } from '../../storage/volume.ts';
import { clonesOf, countedClones, forgetClone, refuseClones } from '../clones.ts';
import { discard } from './discard.ts';
import { incarnationOf } from '../ephemeral.ts';
import { runHostHooks } from '../start/host-hooks.ts';
import { releaseRange } from '../id-ranges.ts';
import { sweepLeftovers, makeTrash } from './leftovers.ts';
import { unmanagedEntries } from './unmanaged-rootfs.ts';
import { killContainer } from '../kill.ts';
import { giveUpNames } from '../network/bridge-names.ts';
import { withLock } from '../lock.ts';
import { ownFirstIds, refuseOthers } from './other-config.ts';
import { notDefined } from '../not-defined.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { refuseLinked } from '../linked.ts';
import { recover } from '../recover.ts';
import { removeRunDir } from './run-directory.ts';
import { forgetEnds } from '../restart.ts';
import { snapshotsOf, snapshotStore } from '../snapshots.ts';
import { sweepDead } from '../sweep.ts';
import { eachAbandoned } from './unstarted.ts';

export interface DestroyRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** Kill it first if it runs; and destroy it although its configuration cannot be read. */
  readonly force: boolean;
  /** Its snapshots with it. */
  readonly snapshots: boolean;
  /** In place of the container's own, which then need not exist. */
  readonly configFile?: string | undefined;
  /** Only this very container (incarnationOf), not a later one of its name. */
  readonly incarnation?: string | undefined;
  readonly environment: Environment;
  /** Something a person should know that does not stop it. */
  readonly warn: (text: string) => void;
  readonly onStage?: OnStage | undefined;
}

/** Throws TLXC_E_NOT_FOUND, TLXC_E_RUNNING, TLXC_E_BUSY, TLXC_E_STORAGE; once it throws TLXC_E_STORAGE the name may be free already. */
export async function destroyContainer(request: DestroyRequest): Promise<void> {
  const { name, lxcpath, system, force } = request;
  const paths = containerPaths(system, lxcpath, name);
  refuseLinked(paths, 'destroyed');
  await recover(paths, system, request.onStage);
  await sweepQuietly(request);
  checkIncarnation(request, paths);
  if (isRunning(paths)) {
    if (!force) {
      const hint = `tlxc-stop -n ${name} stops it; tlxc-destroy -f -n ${name} destroys it as it runs`;
      throw new TlxcError({ code: 'TLXC_E_RUNNING', message: `${name} is running`, container: name, hint });
    }
    await killContainer(paths);
    // An ephemeral one goes with its end.
    if (!existsSync(paths.config)) return;
  }
  const trashed = await withLock(paths, async () => {
    const moved = await moveToTrash(request, paths);
    if (moved === null) return null;
    await giveUpNames(system, paths, request.warn);
    removeRunDir(paths);
    return moved;
  });
  if (trashed !== null) await discard(trashed, system);
}

type Sweep = Pick<DestroyRequest, 'system' | 'lxcpath' | 'environment' | 'onStage'>;

/** Removes ephemeral copies of a store whose command was killed before it had started them, and will not. */
export async function sweepUnstarted({ system, lxcpath, environment, onStage }: Sweep): Promise<void> {
  const how = { force: false, snapshots: false, warn: () => undefined };
  await eachAbandoned(system, lxcpath, (name, incarnation) =>
    destroyContainer({ ...how, name, lxcpath, system, environment, onStage, incarnation }),
  ).catch(() => undefined);
}

/** Housekeeping never stops what the person asked for. */
async function sweepQuietly(request: DestroyRequest): Promise<void> {
  const { system, lxcpath, warn, onStage } = request;
  await sweepLeftovers(system, lxcpath, onStage).catch((error: unknown) =>
    warn(error instanceof Error ? error.message : ''),
  );
  await sweepUnstarted(request);
}

const isRunning = (paths: ContainerPaths): boolean => askMonitor(paths, { op: 'info' }).kind !== 'stopped';

/** Throws unless it is there, and the one that is meant. */
function checkIncarnation({ incarnation, configFile }: DestroyRequest, paths: ContainerPaths): void {
  if (!existsSync(configFile === undefined ? paths.config : paths.dir)) throw notDefined(paths);
  if (incarnation !== undefined && incarnation !== incarnationOf(paths)) throw notDefined(paths);
}

/** As LXC: what is somebody else's to keep is somebody else's to remove, and the container exists with it. */
function keepUnmanaged(
  config: ContainerConfig,
  { dir }: ContainerPaths,
  warn: (text: string) => void,
): boolean {
  const { managed } = config.rootfs;
  if (managed?.value !== false) return false;
  const inside = unmanagedEntries(config, dir).map((entry) => join(dir, entry));
  const remedy =
    inside.length === 0
      ? `to be rid of the container alone remove ${dir} yourself`
      : `${inside.join(' and ')} would go with ${dir}: move it elsewhere before you remove that, or set lxc.rootfs.managed = 1 to have all of it destroyed`;
  warn(
    `${dir} and its root filesystem stay as they are: lxc.rootfs.managed = 0 (${managed.at.file}:${managed.at.line}); ${remedy}`,
  );
  return true;
}

/** Where it lies now; null: it stays. */
async function moveToTrash(request: DestroyRequest, paths: ContainerPaths): Promise<string | null> {
  const { name, lxcpath, system } = request;
  checkIncarnation(request, paths);
  if (isRunning(paths)) {
    throw new TlxcError({ code: 'TLXC_E_RUNNING', message: `${name} is running`, container: name });
  }
  checkDependants(request, paths);
  forgetEnds(paths);
  await sweepDead(paths);
  refuseMounted(paths.dir);
  const config = loadForDestroy(request, paths);
  if (config) {
    if (request.configFile !== undefined) refuseOthers(paths, config, request.configFile, request.warn);
    checkStorage(config, paths, request.warn);
    await runDestroyHooks(config, request);
    if (keepUnmanaged(config, paths, request.warn)) return null;
  }
  const firstIds = [...(config?.idmap ?? []).map(({ value }) => value.outside), ...ownFirstIds(paths)];
  const trash = makeTrash(lxcpath);
  const trashed = join(trash, randomHex(16));
  renameDurably(paths.dir, trashed);
  for (const snapshot of snapshotsOf(trashed)) {
    const [was, is] = [paths.dir, trashed].map(snapshotStore);
    forgetClone(system, join(is ?? '', snapshot.name), { lxcpath: was ?? '', name: snapshot.name });
  }
  forgetClone(system, trashed, { lxcpath, name });
  forgetUsers(system.cacheDir, paths.dir);
  // In this order: a range in use by nobody is found and taken again, one given out twice never is.
  for (const first of firstIds) releaseRange(system, first, paths.config);
  return trashed;
}

/** With what LXC tells them: not all that the hooks of a start are told. */
async function runDestroyHooks(
  config: ContainerConfig,
  { system, environment }: DestroyRequest,
): Promise<void> {
  if (!config.hooks.some(({ value }) => value.hook === 'destroy')) return;
  const { console, configFile } = config;
  const told = {
    LXC_ROOTFS_PATH: rootfsPath({ config }),
    LXC_ROOTFS_MOUNT: rootfsMount({ config, system, host: probeHost() }),
    ...(console.path && { LXC_CONSOLE: console.path.value }),
    ...(console.logFile && { LXC_CONSOLE_LOGPATH: console.logFile.value }),
  };
  await runHostHooks({ hook: 'destroy', config, configFile, environment: told }, environment);
}

function checkDependants({ name, snapshots, system }: DestroyRequest, paths: ContainerPaths): void {
  const { dir } = paths;
  const refuse = (message: string, hint: string) =>
    new TlxcError({
      code: 'TLXC_E_BUSY',
      message: `Destroying ${name} failed: ${message}`,
      container: name,
      hint,
    });
  const has = snapshotsOf(dir);
  if (!snapshots && has.length > 0)
    throw refuse(`${name} has snapshots`, 'tlxc-destroy -s destroys them with it');
  // The trash takes the link alone: they would stay, and be nobody's.
  if (has.length > 0 && lstatSync(snapshotStore(dir)).isSymbolicLink())
    throw refuse(
      `its snapshots lie in ${realpathSync(snapshotStore(dir))}, where a link leads`,
      `tlxc-snapshot -n ${name} -d ALL destroys them there; then destroy ${name}`,
    );
  for (const snapshot of has) refuseClones(paths, containerPaths(system, snapshotStore(dir), snapshot.name));
  const clones = clonesOf(dir).map((clone) => clone.name);
  if (clones.length > 0 || countedClones(dir) > 0)
    throw refuse(
      `${name} has clones`,
      `destroy the clones first: ${clones.join(', ') || 'see lxc_snapshots'}`,
    );
}

/** null: it cannot be read, and the person wants it gone all the same. */
function loadForDestroy(request: DestroyRequest, paths: ContainerPaths): ContainerConfig | null {
  const { name, lxcpath, environment, force, warn, configFile = paths.config } = request;
  try {
    return loadContainerConfig({ name, lxcpath, configFile, environment });
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    if (!force) throw new TlxcError({ ...error.details, hint: 'tlxc-destroy -f destroys it all the same' });
    warn(`${error.message}: destroyed without its destroy hooks`);
    return null;
  }
}

function checkStorage(
  config: ContainerConfig,
  { dir, name }: ContainerPaths,
  warn: (text: string) => void,
): void {
  const written = config.rootfs.path?.value ?? 'none';
  if (written === 'none' || config.rootfs.managed?.value === false) return;
  const { type, path } = parseVolume(written);
  const backend = backendNamed(type);
  if (backend?.outside) {
    // Removed with the directory, by whoever does that.
    if (volumeOf(dir)?.path !== written) noteVolume(dir, { path: written, mark: null });
    return;
  }
  if (!backend) {
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `its root filesystem is of type ${type}, which TLXC cannot remove`,
      container: name,
      hint: 'destroy it with the tools that made it',
    });
  }
  const own = partsOf(`${type}:${path}`).at(-1) ?? '';
  if (volumeOf(dir) === null && !own.startsWith(`${dir}/`))
    warn(`its root filesystem ${own} lies outside ${dir} and is left there`);
}
