/** Containers over several stored trees. */
import { basename, dirname } from 'node:path';
import type { WriteOptions } from '../config/atomic-write.ts';
import { ImageStore, type ImageUser } from './store.ts';

/**
 * Notes a container as a user of every image that is among the layers of its root filesystem; the images of plain users
 * lie in CACHEDIR/ids-….
 */
export function referenceLayers(
  cacheDir: string,
  layers: readonly string[],
  user: ImageUser,
  how: Pick<WriteOptions, 'syncedWith'> = {},
): void {
  for (const layer of layers) {
    if (!layer.startsWith(`${cacheDir}/`)) continue;
    const [, images = '', id = ''] = /^(.*)\/images\/([0-9a-f]{64})\/rootfs(?:\.\w+)?$/.exec(layer) ?? [];
    const ours = images === cacheDir || (dirname(images) === cacheDir && basename(images).startsWith('ids-'));
    if (ours) new ImageStore(images).reference(id, user, how);
  }
}
