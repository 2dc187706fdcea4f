/** dir: a plain directory, CT/rootfs or --dir, copied from another tree (shared blocks where the filesystem has reflinks). */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { releaseTree } from '../host/project-quota.ts';
import { copyTree, removeTree, syncFilesystem } from '../host/trees.ts';
import type { Backend, Place } from './backend.ts';
import { fillLimited, sizeObstacle, usageOfTree } from './limited.ts';
import { claimVolume } from './outside.ts';
import { plainView, type View } from './view.ts';

/** Makes the empty directory, and says where it will be. */
async function makeDirectory(place: Place): Promise<{ rootfs: string; final: string }> {
  const { staging, final, options } = place;
  const rootfs = options.dir ?? join(staging, 'rootfs');
  if (options.dir !== undefined) {
    mkdirSync(dirname(rootfs), { recursive: true, mode: 0o755 });
    const make = () => {
      mkdirSync(rootfs, { mode: 0o755 });
      return Promise.resolve();
    };
    await claimVolume(place, {
      path: `dir:${rootfs}`,
      exists: () => Promise.resolve(existsSync(rootfs)),
      make,
    });
  } else mkdirSync(rootfs, { mode: 0o755 });
  return { rootfs, final: options.dir ?? join(final, 'rootfs') };
}

export const dirBackend: Backend = {
  name: 'dir',
  snapshots: false,
  canLieBelow: () => true,
  running: 'frozen',
  limited: true,
  takes: ['dir', 'fssize'],
  obstacle: (circumstances, options) => Promise.resolve(sizeObstacle(circumstances, options)),
  async create(place: Place, { words, layers: [tree = ''] }: View) {
    const { rootfs, final } = await makeDirectory(place);
    const { options, onStage } = place;
    await fillLimited(rootfs, options.fssize, () => copyTree(tree, rootfs, { words, onStage }));
    if (options.dir !== undefined) await syncFilesystem(rootfs);
    return { path: `dir:${final}`, view: plainView(rootfs), needs: [] };
  },
  copy: (place, path) => dirBackend.create(place, plainView(path)),
  view: (path) => plainView(path),
  usage: (paths) => Promise.resolve(paths.map(usageOfTree)),
  /** One that --dir had made. */
  destroy(path) {
    releaseTree(path);
    return removeTree(path);
  },
};
