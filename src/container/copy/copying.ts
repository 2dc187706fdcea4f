/**
 * What a copy, a snapshot and the restoring of one have in common: a root filesystem and a configuration made from
 * another container's, complete in a staging directory before anybody can see them.
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeStagedFile } from '../../config/atomic-write.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../../config/model.ts';
import { readRegular } from '../../config/open-file.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import type { OnStage } from '../../gauge.ts';
import { probeHost } from '../../host/probe.ts';
import { makeTreeDirectory, overAllIds, syncTree } from '../../host/trees.ts';
import { referenceLayers } from '../../image/reference-layers.ts';
import type { NewRootfs, VolumeOptions } from '../../storage/backend.ts';
import type { CloudInit } from '../../storage/cloud-init.ts';
import { copyRootfs } from '../../storage/copy.ts';
import { nameCopy } from '../../storage/name-container.ts';
import { volumeOf } from '../../storage/outside.ts';
import { asWritableTree } from '../../storage/view.ts';
import { parseVolume } from '../../storage/volume.ts';
import { volumeAt } from '../../storage/volume-at.ts';
import { addClone, dropClone, parentsOf, setParentsUnsynced, type Relative } from '../clones.ts';
import { copiedConfig, ownFiles } from './config.ts';
import { hooksLyingAt } from './hooks-lying-at.ts';
import { runHostHooks } from '../start/host-hooks.ts';
import { discard } from '../remove/discard.ts';
import { discardUnborn } from '../remove/leftovers.ts';
import { allocateRange, ownsRange, releaseRange } from '../id-ranges.ts';
import { checkCloudInit } from '../create/told-cloud-init.ts';
import type { ContainerPaths } from '../paths.ts';
import { snapshotStore } from '../snapshots.ts';
import { whileStill, type Stillness } from './source.ts';

export interface Copying extends Stillness {
  readonly system: SystemConfig;
  readonly environment: Environment;
  /** A container, or a snapshot of one. */
  readonly source: ContainerPaths;
  /** Where staging will be. */
  readonly target: ContainerPaths;
  readonly staging: string;
  /** Copy-on-write. */
  readonly snapshot: boolean;
  /** null: as the source, or for a snapshot of a directory overlay. */
  readonly backend: string | null;
  /** -L. */
  readonly volume?: VolumeOptions;
  /** The host name; null: it stays. */
  readonly name: string | null;
  readonly keepMac: boolean;
  /** A former or later state of the source, with its machine id: no other machine. */
  readonly sameMachine: boolean;
  /**
   * The container whose configuration file this is was given the source's ids by TLXC: then the copy gets others, for
   * no two share them. null: it keeps the source's map. A number: it has the range that begins there.
   */
  readonly ids: { readonly ofConfig: string } | number | null;
  /** What its cloud-init is told anew. */
  readonly cloudInit?: CloudInit | undefined;
  /** For the clone hooks. */
  readonly hookArgs: readonly string[];
  /** Further lines of its configuration. */
  readonly lines?: readonly (readonly [key: string, value: string])[];
  /** Directories to be made in its own, for the container's root to write: relative paths. */
  readonly rootsOwn?: readonly string[];
  readonly onStage?: OnStage | undefined;
}

/** Reads the source's configuration. Throws TLXC_E_CONFIG. */
function sourceConfig({ source, environment }: Copying): ContainerConfig {
  const { name, lxcpath, config: configFile } = source;
  return loadContainerConfig({ name, lxcpath, configFile, environment });
}

/**
 * Makes the copy in its staging directory, on disk and complete, and notes whom it lies over. The caller holds the locks,
 * and renames it into place. Its configuration is that of a source that loads, with other paths, ids and names; it is loaded
 * again where lines were added. Returns the source's. Throws TLXC_E_UNSUPPORTED, TLXC_E_STORAGE, TLXC_E_HOOK; then nothing of it is left.
 */
export async function fillCopy(copying: Copying): Promise<ContainerConfig> {
  const { system, target, staging } = copying;
  const config = sourceConfig(copying);
  checkCloudInit(copying.cloudInit, (config.rootfs.path?.value ?? 'none') !== 'none');
  await discardUnborn(system, target, copying);
  makeTreeDirectory(staging, 0o770);
  let firstId: number | null = null;
  const noting: Relative[] = [];
  try {
    firstId = firstIdOf(copying, config);
    const rootfs = await fillRootfs(copying, config);
    writeConfig(copying, rootfs, firstId);
    makeRootsOwn(copying, config);
    if (config.hooks.some(({ value }) => value.hook === 'clone'))
      await runCloneHooks(copying, config, rootfs);
    const parents = parentsOfCopy(copying, rootfs, config);
    setParentsUnsynced(staging, parents);
    // Before it can be seen: a parent without a note of it could be destroyed below it. Before the wait for the disk, which is
    // then for both: a note of a copy that never was keeps no parent.
    for (const parent of parents) if (addClone(system, parent, target, staging)) noting.push(parent);
    await syncTree(staging);
    return config;
  } catch (error) {
    takeBack(copying, noting);
    await discard(staging, system);
    if (firstId !== null && firstId !== copying.ids) releaseRange(system, firstId, target.config);
    throw error;
  }
}

/** Only what this copy has noted: one that takes the place of a clone that lives leaves that its note. */
function takeBack({ system, target }: Copying, noting: readonly Relative[]): void {
  try {
    for (const parent of noting) dropClone(system, parent, target);
  } catch {
    // Where the disk refuses that, too, the note stays. What was thrown first tells why.
  }
}

/** Nobody but the host's root may pass through a container's directory: another root cannot reach what lies there. */
function makeRootsOwn({ rootsOwn = [], staging, source }: Copying, { idmap }: ContainerConfig): void {
  if (rootsOwn.length > 0 && (idmap.length > 0 || probeHost().user !== null))
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: 'an overlay over a directory of the host needs a privileged container',
      container: source.name,
      hint: 'bind=SOURCE:TARGET:ro shows the directory without letting the container change it',
    });
  for (const name of rootsOwn) mkdirSync(join(staging, name), { recursive: true, mode: 0o755 });
}

/**
 * A layer of a parent's needs that parent: the source itself, or one that the source lies over. It lies in the parent's
 * directory, or goes with it (tlxc-create --dir).
 */
function parentsOfCopy(
  { source }: Copying,
  rootfs: NewRootfs | null,
  { rootfs: { path } }: ContainerConfig,
): readonly Relative[] {
  const needs = rootfs?.needs ?? [];
  const isBelow = ({ lxcpath, name }: Relative): boolean => {
    const dir = join(lxcpath, name);
    const outside = parseVolume(volumeOf(dir)?.path ?? 'none').path;
    return needs.some((layer) => layer.startsWith(`${dir}/`) || layer === outside);
  };
  const isSource = needs.includes(parseVolume(path?.value ?? 'none').path);
  return [
    ...parentsOf(source.dir).filter(isBelow),
    ...(rootfs?.needsSource || isSource || isBelow(source) ? [source] : []),
  ];
}

function firstIdOf({ ids, system, target, staging }: Copying, config: ContainerConfig): number | null {
  if (ids === null || typeof ids === 'number') return ids;
  const first = config.idmap[0]?.value.outside;
  if (first === undefined || !ownsRange(system, first, ids.ofConfig)) return null;
  return allocateRange(system, target.lxcpath, { staging, config: target.config });
}

/** What is called after the container and lies outside its directory; a snapshot's has both names. */
function volumeName({ lxcpath, name }: ContainerPaths): string {
  const container = dirname(lxcpath);
  return lxcpath === snapshotStore(container) ? `${basename(container)}_${name}` : name;
}

/** null: the container has no root filesystem. */
async function fillRootfs(copying: Copying, config: ContainerConfig): Promise<NewRootfs | null> {
  const path = config.rootfs.path?.value ?? 'none';
  if (path === 'none') return null;
  const { system, snapshot, backend, target, staging, name, sameMachine, cloudInit } = copying;
  const place = {
    staging,
    final: target.dir,
    name: volumeName(target),
    options: copying.volume ?? {},
    settings: system.settings,
    onStage: copying.onStage,
  };
  const circumstances = {
    host: probeHost(),
    idmapped: config.idmap.length > 0,
    settings: system.settings,
    lxcpath: dirname(staging),
  };
  const copy = (): Promise<NewRootfs> =>
    copyRootfs({ source: path, snapshot, backend, place, circumstances, keepLimit: true });
  // What a snapshot of a directory lies over is not read.
  const rootfs = await (snapshot && volumeAt(path).type === 'dir'
    ? copy()
    : whileStill(copying.source, path, copy, copying));
  const user = { staging, config: target.config };
  referenceLayers(system.cacheDir, rootfs.needs, user, { syncedWith: staging });
  await nameCopy({ view: rootfs.view, staging }, { name, keepMachineId: sameMachine, cloudInit });
  return rootfs;
}

function writeConfig(copying: Copying, rootfs: NewRootfs | null, firstId: number | null): void {
  const { source, target, staging, lines = [] } = copying;
  const written = { text: readConfigFile(source.config).text, file: source.config, sourceDir: source.dir };
  const text = copiedConfig({
    ...written,
    dir: target.dir,
    name: copying.name,
    rootfsPath: rootfs?.path ?? null,
    firstId,
    keepMac: copying.keepMac,
    lines,
  });
  for (const name of ownFiles(written)) copyOwnFile(join(source.dir, name), join(staging, name));
  writeStagedFile(join(staging, 'config'), text, 0o640);
  if (lines.length > 0) loadCopy(copying);
}

/** The copy's own configuration. Throws TLXC_E_CONFIG. */
function loadCopy({ target: { name, lxcpath }, staging, environment }: Copying): ContainerConfig {
  return loadContainerConfig({ name, lxcpath, configFile: join(staging, 'config'), environment });
}

/** Of a store of somebody else's, too, nothing that a link there leads to. */
function copyOwnFile(from: string, to: string): void {
  const file = readRegular(from);
  if (file) writeFileSync(to, file.bytes, { mode: file.mode });
}

/** Those of the copy's own configuration. What they are told of lies where the copy lies while they run. */
async function runCloneHooks(
  copying: Copying,
  before: ContainerConfig,
  rootfs: NewRootfs | null,
): Promise<void> {
  const { source, target, staging, hookArgs, environment } = copying;
  const config = hooksLyingAt(loadCopy(copying), { from: target.dir, to: staging, before });
  const mounted = join(staging, 'rootfs');
  const isThere = existsSync(mounted);
  mkdirSync(mounted, { recursive: true });
  await runHostHooks(
    {
      hook: 'clone',
      config,
      configFile: join(staging, 'config'),
      args: hookArgs,
      environment: {
        LXC_SRC_NAME: source.name,
        LXC_ROOTFS_MOUNT: mounted,
        LXC_ROOTFS_PATH: (config.rootfs.path?.value ?? '').replaceAll(`${target.dir}/`, `${staging}/`),
      },
      within: rootfs === null ? [] : overAllIds(asWritableTree(rootfs.view, staging, mounted).words),
    },
    environment,
  );
  if (!isThere) rmdirSync(mounted);
}
