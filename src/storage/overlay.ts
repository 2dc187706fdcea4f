/** overlay: the image's own tree below, what the container changes in CT/overlay/delta. Nothing is copied. */
import { chmod, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { copyOwner } from '../host/trees.ts';
import type { NewRootfs, RootfsBackend, RootfsRequest } from './backend.ts';

export const overlayBackend: RootfsBackend = {
  name: 'overlay',
  async create({ image, staging, final }: RootfsRequest): Promise<NewRootfs> {
    const delta = join(staging, 'overlay/delta');
    await mkdir(delta, { recursive: true, mode: 0o755 });
    // overlayfs keeps its work beside the upper directory; start expects it there.
    const work = join(staging, 'overlay/work');
    await mkdir(work, { mode: 0o700 });
    // The root of the merged tree takes owner and mode from the upper directory.
    await chmod(delta, (await stat(image)).mode & 0o7777);
    await copyOwner(image, delta, work);
    return { path: `overlay:${image}:${join(final, 'overlay/delta')}`, layers: [delta, image] };
  },
};
