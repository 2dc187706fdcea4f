/** btrfs: a subvolume, CT/rootfs. Every copy is a snapshot: made in no time, and of one moment. */
import { join } from 'node:path';
import {
  createSubvolume,
  isBtrfs,
  isSubvolume,
  limitSubvolume,
  snapshotSubvolume,
  subvolumeUsage,
} from '../host/btrfs.ts';
import { copyTree } from '../host/trees.ts';
import type { Backend, NewRootfs, Place, VolumeUsage } from './backend.ts';
import { plainView, type View } from './view.ts';

function usageOf(path: string): VolumeUsage | null {
  const usage = subvolumeUsage(path);
  return usage && { used: usage.bytes, limit: usage.limit || null };
}

async function create(
  { staging, final, options, onStage }: Place,
  { words, layers: [tree = ''] }: View,
): Promise<NewRootfs> {
  const rootfs = join(staging, 'rootfs');
  const isShared = words.length === 0 && isSubvolume(tree) && snapshotSubvolume(tree, staging, 'rootfs');
  if (!isShared) createSubvolume(staging, 'rootfs');
  if (options.fssize !== undefined) limitSubvolume(rootfs, options.fssize);
  if (!isShared) await copyTree(tree, rootfs, { words, onStage });
  return { path: `btrfs:${join(final, 'rootfs')}`, view: plainView(rootfs), needs: [] };
}

export const btrfsBackend: Backend = {
  name: 'btrfs',
  snapshots: true,
  running: 'atomic',
  limited: true,
  takes: ['fssize'],
  obstacle({ host, lxcpath }) {
    if (host.user !== null || host.nested !== null)
      return Promise.resolve("is the machine's root's: others may make subvolumes, but not remove them");
    return Promise.resolve(isBtrfs(lxcpath) ? null : `cannot be used: ${lxcpath} does not lie on btrfs`);
  },
  create,
  copy: (place, path) => create(place, plainView(path)),
  view: (path) => plainView(path),
  usage: (paths) => Promise.resolve(paths.map(usageOf)),
};
