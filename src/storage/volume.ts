/** What lxc.rootfs.path says of a root filesystem. Pure. */

/** [TYPE:]PATH in two. */
export interface Volume {
  /** dir, overlay, btrfs, loop, lvm, zfs, rbd or nbd. */
  readonly type: string;
  /** All that follows the type: a path, LOWER:UPPER, a dataset. */
  readonly path: string;
}

/** A path without a type is a directory's. */
export function parseVolume(written: string): Volume {
  const [, type = 'dir', path = ''] = /^(?:([a-z]+):)?(.*)$/s.exec(written) ?? [];
  return { type: type === 'overlayfs' ? 'overlay' : type, path };
}

/** The paths that it names, as they are written: one, or for an overlay the layers with the topmost last. */
export function partsOf(written: string): readonly string[] {
  const { type, path } = parseVolume(written);
  return type === 'overlay' ? path.split(':') : [path];
}

/** An overlay's directories as the kernel stacks them: topmost first. */
export const topFirst = (parts: readonly string[]): readonly string[] => [
  parts.at(-1) ?? '',
  ...parts.slice(0, -1),
];
