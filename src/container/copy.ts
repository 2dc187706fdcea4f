/**
 * Copies a container: whole, or not at all. As create does, everything is built in a staging directory below the new
 * container's store, and renamed into place last; the source is locked meanwhile and must be stopped.
 */
import { copyFileSync, existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { loadContainerConfig } from '../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../config/model.ts';
import { readConfigFile } from '../config/read-file.ts';
import { TlxcError } from '../errors.ts';
import { removeTree, renameDurably, syncFilesystem } from '../host/trees.ts';
import { referenceLayers } from '../image/store.ts';
import { askMonitor } from '../monitor/client.ts';
import { copyRootfs, type CopiedRootfs } from '../storage/copy.ts';
import { copiedConfig, ownFiles } from './copy-config.ts';
import { rootfsMountWords } from './clone-mount.ts';
import { addClone, setParent } from './clones.ts';
import { runHostHooks } from './host-hooks.ts';
import { allocateRange, ownsRange, releaseRange } from './id-ranges.ts';
import { stagingPath, sweepLeftovers } from './leftovers.ts';
import { withLock } from './lock.ts';
import { containerPaths, type ContainerPaths } from './paths.ts';
import { recoverRename } from './pending-rename.ts';
import { nameCopy } from '../storage/rootfs-files.ts';

export interface CopyRequest {
  /** The source. */
  readonly name: string;
  readonly lxcpath: string;
  readonly newName: string;
  readonly newPath: string;
  readonly system: SystemConfig;
  /** Copy-on-write: the copy lies over the source, which may not be destroyed while it exists. */
  readonly snapshot: boolean;
  /** -B; null: as the source, or for a snapshot of a directory overlay. */
  readonly backend: 'dir' | 'overlay' | null;
  readonly keepName: boolean;
  readonly keepMac: boolean;
  /** For the clone hooks. */
  readonly hookArgs: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the steps of a copy share. */
interface Copying {
  readonly request: CopyRequest;
  readonly source: ContainerPaths;
  readonly target: ContainerPaths;
  readonly staging: string;
  readonly config: ContainerConfig;
}

/** Throws TLXC_E_NOT_FOUND, TLXC_E_RUNNING, TLXC_E_EXISTS, TLXC_E_UNSUPPORTED, TLXC_E_STORAGE, TLXC_E_HOOK; then nothing of the copy is left. */
export async function copyContainer(request: CopyRequest): Promise<void> {
  const { name, lxcpath, newName, newPath, system, environment } = request;
  const source = containerPaths(system, lxcpath, name);
  const target = containerPaths(system, newPath, newName);
  await recoverRename(source);
  checkSource(source);
  refuseExisting(target);
  const config = loadContainerConfig({ name, lxcpath, configFile: source.config, environment });
  mkdirSync(newPath, { recursive: true, mode: 0o711 });
  await sweepLeftovers(system, newPath).catch(() => undefined);
  const copying = { request, source, target, staging: stagingPath(newPath, newName), config };
  await withLock(source, () => withLock(target, () => copyLocked(copying)));
}

/** Throws unless the container exists and is stopped. */
export function checkSource(paths: ContainerPaths): void {
  const { name, config } = paths;
  if (!existsSync(config)) {
    throw new TlxcError({ code: 'TLXC_E_NOT_FOUND', message: 'Container is not defined', container: name });
  }
  if (askMonitor(paths, { op: 'info' }).kind === 'stopped') return;
  throw new TlxcError({
    code: 'TLXC_E_RUNNING',
    message: `${name} is running`,
    container: name,
    hint: `what it writes meanwhile would be in the copy by halves: tlxc-stop -n ${name} first`,
  });
}

export function refuseExisting({ name, dir }: ContainerPaths): void {
  if (!existsSync(dir)) return;
  throw new TlxcError({
    code: 'TLXC_E_EXISTS',
    message: 'Container already exists',
    container: name,
    path: dir,
  });
}

async function copyLocked(copying: Copying): Promise<void> {
  const { request, source, target, staging } = copying;
  checkSource(source);
  refuseExisting(target);
  await removeTree(staging);
  mkdirSync(staging, { mode: 0o770 });
  let firstId: number | null = null;
  try {
    firstId = rangeOfItsOwn(copying);
    const rootfs = await fillRootfs(copying);
    const copy = writeConfig(copying, rootfs, firstId);
    await runCloneHooks(copying, copy, rootfs);
    await syncFilesystem(staging);
    if (rootfs?.needsSource === true) {
      setParent(staging, { lxcpath: source.lxcpath, name: source.name });
      addClone(source.dir, { lxcpath: target.lxcpath, name: target.name });
    }
    await renameDurably(staging, target.dir);
  } catch (error) {
    await removeTree(staging);
    if (firstId !== null) releaseRange(request.system, firstId, target.config);
    throw error;
  }
}

/** Ids that TLXC gave are never shared: the copy gets others. A map that somebody wrote is the copy's as well. */
function rangeOfItsOwn({ request, source, target, staging, config }: Copying): number | null {
  const first = config.idmap[0]?.value.outside;
  if (first === undefined || !ownsRange(request.system, first, source.config)) return null;
  return allocateRange(request.system, target.lxcpath, { staging, config: target.config });
}

/** null: the container has no root filesystem. */
async function fillRootfs({ request, target, staging, config }: Copying): Promise<CopiedRootfs | null> {
  const path = config.rootfs.path?.value ?? 'none';
  if (path === 'none') return null;
  const { snapshot, backend, system, newName, keepName } = request;
  const rootfs = await copyRootfs({ source: path, snapshot, backend, staging, final: target.dir });
  referenceLayers(system.cacheDir, rootfs.layers, { staging, config: target.config });
  nameCopy(rootfs.layers, keepName ? null : newName);
  return rootfs;
}

function writeConfig(
  { request, source, target, staging }: Copying,
  rootfs: CopiedRootfs | null,
  firstId: number | null,
): ContainerConfig {
  const written = { text: readConfigFile(source.config).text, file: source.config, sourceDir: source.dir };
  const text = copiedConfig({
    ...written,
    dir: target.dir,
    name: target.name,
    rootfsPath: rootfs?.path ?? null,
    firstId,
    keepName: request.keepName,
    keepMac: request.keepMac,
  });
  for (const name of ownFiles(written)) copyFileSync(join(source.dir, name), join(staging, name));
  const configFile = join(staging, 'config');
  writeFileAtomically(configFile, text, { mode: 0o640 });
  const { newName: name, newPath: lxcpath, environment } = request;
  return loadContainerConfig({ name, lxcpath, configFile, environment });
}

async function runCloneHooks(
  { request, source, staging }: Copying,
  config: ContainerConfig,
  rootfs: CopiedRootfs | null,
): Promise<void> {
  if (!config.hooks.some(({ value }) => value.hook === 'clone')) return;
  const mounted = join(staging, 'rootfs');
  const madeHere = mkdirSync(mounted, { recursive: true });
  await runHostHooks(
    {
      hook: 'clone',
      config,
      configFile: join(staging, 'config'),
      args: request.hookArgs,
      environment: {
        LXC_SRC_NAME: source.name,
        LXC_ROOTFS_MOUNT: mounted,
        LXC_ROOTFS_PATH: config.rootfs.path?.value ?? '',
      },
      within: rootfs === null ? [] : rootfsMountWords(rootfs.layers, staging, mounted),
    },
    request.environment,
  );
  if (madeHere !== undefined) rmdirSync(mounted);
}
