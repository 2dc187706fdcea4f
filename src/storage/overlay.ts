/** overlay: the image's own tree below, what the container changes in CT/overlay/delta. Nothing is copied. */
import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NewRootfs, RootfsBackend, RootfsRequest } from './backend.ts';

export const overlayBackend: RootfsBackend = {
  name: 'overlay',
  async create({ image, staging, final }: RootfsRequest): Promise<NewRootfs> {
    const delta = join(staging, 'overlay/delta');
    await mkdir(delta, { recursive: true, mode: 0o755 });
    // overlayfs keeps its work beside the upper directory; start expects it there.
    await mkdir(join(staging, 'overlay/work'), { mode: 0o700 });
    // The root of the merged tree takes owner and mode from the upper directory.
    const { mode, uid, gid } = await stat(image);
    await chown(delta, uid, gid);
    await chmod(delta, mode & 0o7777);
    return { path: `overlay:${image}:${join(final, 'overlay/delta')}`, layers: [delta, image] };
  },
};
