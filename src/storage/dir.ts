/** dir: a plain directory, CT/rootfs, copied from another tree (shared blocks where the filesystem has reflinks). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyTree } from '../host/trees.ts';
import type { Backend } from './backend.ts';
import { plainView } from './view.ts';

export const dirBackend: Backend = {
  name: 'dir',
  snapshots: false,
  takes: [],
  obstacle: () => Promise.resolve(null),
  async create({ staging, final }, { words, layers: [tree = ''] }) {
    const rootfs = join(staging, 'rootfs');
    await mkdir(rootfs, { mode: 0o755 });
    await copyTree(tree, rootfs, words);
    return { path: `dir:${join(final, 'rootfs')}`, view: plainView(rootfs), needs: [] };
  },
  copy: (place, path) => dirBackend.create(place, plainView(path)),
  view: (path) => plainView(path),
};
