/** Block devices with a filesystem of their own, as lvm and rbd have them: TYPE:DEVICE, mounted at the container's rootfs. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import type { NewRootfs, Place, VolumeOptions } from './backend.ts';
import { fill, filesystemOf, makeFilesystem, mountedView } from './filesystem.ts';
import type { View } from './view.ts';
import { parseVolume } from './volume.ts';

export const deviceView = (device: string, mountPoint: () => string): View =>
  mountedView(device, mountPoint(), { fstype: filesystemOf(device) });

interface Held {
  readonly fstype: string;
  /** It is nothing without the volume that it was copied from. */
  readonly needsSource?: boolean;
}

/** A root filesystem on a device that holds it already. */
export function onDevice({ staging }: Place, path: string, { fstype, needsSource = false }: Held): NewRootfs {
  const mountPoint = join(staging, 'rootfs');
  mkdirSync(mountPoint, { mode: 0o755 });
  return {
    path,
    view: mountedView(parseVolume(path).path, mountPoint, { fstype }),
    needs: [],
    needsSource,
  };
}

/** One in a filesystem that is made for it. Throws TLXC_E_STORAGE. */
export async function fillDevice(
  place: Place,
  path: string,
  tree: View,
  fstype: string | undefined,
): Promise<NewRootfs> {
  const made = onDevice(place, path, { fstype: await makeFilesystem(parseVolume(path).path, fstype) });
  await fill(made.view, tree, place);
  return made;
}

/**
 * Whether another device may have the same blocks: the kernel mounts no two filesystems of one number, and those of xfs and
 * btrfs keep theirs; nor does one get another size or type so. Throws TLXC_E_UNSUPPORTED where it may not, and must.
 */
export function mayShareBlocks(
  device: string,
  { fstype, must }: { readonly fstype: string; readonly must: boolean },
  options: VolumeOptions,
): boolean {
  const isPlain = options.fssize === undefined && options.fstype === undefined;
  if (fstype.startsWith('ext') && isPlain) return true;
  if (!must) return false;
  const message = isPlain
    ? `a snapshot of ${device} would have its filesystem's number (${fstype}), and could not be mounted beside it`
    : `a snapshot of ${device} has its size and its filesystem, and no others`;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message,
    hint: isPlain
      ? 'make a copy rather than a snapshot (-s)'
      : 'ask for no size and filesystem (-L), or make a copy (no -s)',
  });
}
