/** What a container, or a later snapshot of it, differs in from a snapshot. */
import { loadContainerConfig } from '../config/load.ts';
import { TlxcError } from '../errors.ts';
import { layersTopFirst } from '../storage/copy.ts';
import { diffRootfs } from '../storage/diff-rootfs.ts';
import type { Change } from '../storage/diff.ts';
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
  await recover(container);
  listSnapshots(container);
  const before = findSnapshot(system, container, from);
  const after = to === null ? container : findSnapshot(system, container, to);
  const [left, right] = [layersOf(before, request), layersOf(after, request)];
  return diffRootfs({ from: left, to: right, since: to === null });
}

function layersOf(
  { name, lxcpath, config: configFile }: ContainerPaths,
  request: SnapshotRequest,
): readonly string[] {
  const config = loadContainerConfig({ name, lxcpath, configFile, environment: request.environment });
  const path = config.rootfs.path?.value ?? 'none';
  const layers = path === 'none' ? null : layersTopFirst(path);
  if (layers) return layers;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `the root filesystem ${path} of ${name} cannot be compared`,
    container: request.name,
    hint: 'directories and overlays can',
  });
}
