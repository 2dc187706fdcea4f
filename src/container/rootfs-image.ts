/** A root filesystem that is an image: what the compiler, which reads no file, has to be told of it. */
import { statSync } from 'node:fs';
import type { ContainerConfig } from '../config/model.ts';
import { filesystemType } from '../host/filesystem-type.ts';

/** As LXC: loop:FILE, lvm: or rbd:DEVICE, or a plain path that is a file; undefined for all others. */
export function readImage({ rootfs }: ContainerConfig): string | undefined {
  const written = rootfs.path?.value ?? '';
  const path = written.replace(/^(loop|lvm|rbd):/, '');
  const isImage = written !== path || statSync(path, { throwIfNoEntry: false })?.isFile();
  return isImage ? filesystemType(path) : undefined;
}
