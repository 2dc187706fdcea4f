/** dir: a plain directory, CT/rootfs, copied from the image (shared blocks where the filesystem has reflinks). */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyTree } from '../host/trees.ts';
import type { NewRootfs, RootfsBackend, RootfsRequest } from './backend.ts';

export const dirBackend: RootfsBackend = {
  name: 'dir',
  async create({ image, staging, final }: RootfsRequest): Promise<NewRootfs> {
    const rootfs = join(staging, 'rootfs');
    await mkdir(rootfs, { mode: 0o755 });
    await copyTree(image, rootfs);
    return { path: `dir:${join(final, 'rootfs')}`, layers: [rootfs] };
  },
};
