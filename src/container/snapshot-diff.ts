/** What a container, or a later snapshot of it, differs in from a snapshot. */
import { mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadContainerConfig } from '../config/load.ts';
import { TlxcError } from '../errors.ts';
import { attachRootfs } from '../storage/attach.ts';
import { backendNamed } from '../storage/choose.ts';
import { diffRootfs } from '../storage/diff-rootfs.ts';
import type { Change } from '../storage/diff.ts';
import type { View } from '../storage/view.ts';
import { volumeAt } from '../storage/volume-at.ts';
import { makeRunDir } from './lock.ts';
import { containerPaths, type ContainerPaths } from './paths.ts';
import { recover } from './recover.ts';
import type { SnapshotRequest } from './snapshot.ts';
import { findSnapshot, listSnapshots } from './snapshots.ts';

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
  return seen(container, async (mountPoint) => {
    const left = await viewOf(before, request, mountPoint(0));
    const right = await viewOf(after, request, mountPoint(1));
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

async function viewOf(
  { name, lxcpath, config: configFile }: ContainerPaths,
  request: SnapshotRequest,
  mountPoint: () => string,
): Promise<View> {
  const config = loadContainerConfig({ name, lxcpath, configFile, environment: request.environment });
  await attachRootfs(config, request.system);
  const written = config.rootfs.path?.value ?? 'none';
  const { type, path } = volumeAt(written);
  const backend = backendNamed(type);
  if (written !== 'none' && backend) return backend.view(path, mountPoint);
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `the root filesystem ${written} of ${name} cannot be compared`,
    container: request.name,
    hint: 'directories and overlays can be compared; tlxc-copy -B dir makes one',
  });
}
