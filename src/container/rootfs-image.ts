/** A root filesystem that is an image: what the compiler, which reads no file, has to be told of it. */
import { statSync } from 'node:fs';
import type { ContainerConfig } from '../config/model.ts';
import { filesystemType } from '../host/filesystem-type.ts';
import { refuseForeign } from '../storage/forged-image.ts';

/**
 * As LXC: loop:FILE, or a plain path that is a file; undefined for all others. Throws TLXC_E_PERMISSION for a file that
 * others than root can write, where root asks: no one else may mount it anyway.
 */
export function readImage({ rootfs }: ContainerConfig): string | undefined {
  const written = rootfs.path?.value ?? '';
  const path = written.replace(/^loop:/, '');
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  if (isFile && process.geteuid?.() === 0) refuseForeign(path);
  return isFile || written !== path ? filesystemType(path) : undefined;
}
