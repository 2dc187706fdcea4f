/** What a container, or a later snapshot of it, differs in from a snapshot. */
import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig } from '../../config/model.ts';
import { TlxcError } from '../../errors.ts';
import { attachRootfs, lacksDevice } from '../../storage/attach.ts';
import { backendNamed } from '../../storage/choose.ts';
import { diffRootfs } from '../../storage/diff-rootfs.ts';
import type { Change } from '../../storage/diff.ts';
import type { View } from '../../storage/view.ts';
import { volumeAt } from '../../storage/volume-at.ts';
import { makeRunDir, withLock } from '../lock.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { recover } from '../recover.ts';
import type { SnapshotRequest } from './snapshot.ts';
import { findSnapshot, listSnapshots } from '../snapshots.ts';

/**
 * The files that were added, changed and removed between two snapshots; to: null is the container as it is now, which may
 * run. Throws TLXC_E_NOT_FOUND, TLXC_E_UNSUPPORTED, TLXC_E_STORAGE.
 */
export async function diffSnapshots(
  request: SnapshotRequest,
  { from, to }: { readonly from: string; readonly to: string | null },
): Promise<readonly Change[]> {
  const { name, lxcpath, system } = request;
  const container = containerPaths(system, lxcpath, name);
  await recover(container, system);
  listSnapshots(container);
  const before = findSnapshot(system, container, from);
  const after = to === null ? container : findSnapshot(system, container, to);
  const [older, newer] = [configOf(before, request), configOf(after, request)];
  if (lacksDevice(older) || lacksDevice(newer)) {
    await withLock(container, async () => {
      for (const config of [older, newer]) await attachRootfs(config, system);
    });
  }
  return seen(container, (mountPoint) => {
    const [left, right] = [viewOf(older, name, mountPoint(0)), viewOf(newer, name, mountPoint(1))];
    const comparison = { from: left.layers, to: right.layers, since: to === null };
    return diffRootfs(comparison, [...left.words, ...right.words]);
  });
}

/** Runs look with directories to mount at; they are made when they are asked for. */
async function seen<T>(
  paths: ContainerPaths,
  look: (mountPoint: (index: number) => () => string) => Promise<T>,
): Promise<T> {
  const made: string[] = [];
  const mountPoint = (index: number) => (): string => {
    makeRunDir(paths);
    const directory = mkdtempSync(join(paths.runDir, `diff${index}-`));
    made.push(directory);
    return directory;
  };
  try {
    return await look(mountPoint);
  } finally {
    // What is mounted there is in a namespace of another process only.
    for (const directory of made) rmdirSync(directory);
  }
}

function configOf(
  { name, lxcpath, config: configFile }: ContainerPaths,
  { environment }: SnapshotRequest,
): ContainerConfig {
  return loadContainerConfig({ name, lxcpath, configFile, environment });
}

function viewOf({ name, rootfs }: ContainerConfig, container: string, mountPoint: () => string): View {
  const written = rootfs.path?.value ?? 'none';
  const { type, path } = volumeAt(written);
  const backend = backendNamed(type);
  if (written !== 'none' && backend) return backend.view(path, mountPoint);
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `the root filesystem ${written} of ${name} cannot be compared`,
    container,
    hint: 'directories and overlays can be compared; tlxc-copy -B dir makes one',
  });
}
