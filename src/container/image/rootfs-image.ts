/** Root filesystems in images: what the compiler, which reads no file, has to be told of them. */
import { statSync } from 'node:fs';
import type { ContainerConfig } from '../../config/model.ts';
import { filesystemType } from '../../host/filesystem-type.ts';
import { refuseForeign } from '../../host/forged-image.ts';
import { parseVolume, partsOf } from '../../storage/volume.ts';

/** What they name is looked into, whether or not it is a plain file. */
const ALWAYS_IMAGES = new Set(['loop', 'lvm', 'rbd']);

/**
 * By its path, the type of the filesystem in each image: as LXC has it loop:FILE, a device, or a plain path that is a
 * file; a file, too, that an overlay has below. Throws TLXC_E_PERMISSION for a file that others than root can write,
 * where root asks: no one else may mount it anyway.
 */
export function readImages({ rootfs }: ContainerConfig): Readonly<Record<string, string>> {
  const written = rootfs.path?.value ?? '';
  const always = ALWAYS_IMAGES.has(parseVolume(written).type);
  const found = partsOf(written).flatMap((path) => {
    const isFile = path.startsWith('/') && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
    if (isFile && process.geteuid?.() === 0) refuseForeign(path);
    return isFile || always ? [[path, filesystemType(path)] as const] : [];
  });
  return Object.fromEntries(found);
}
