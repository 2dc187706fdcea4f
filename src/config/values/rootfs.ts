/** Where a root filesystem lies. lxc.rootfs.* */
import { accepting, BadValue } from '../key.ts';
import { nearest } from '../nearest.ts';

/** Every backend that LXC names; which of them exist here is the compiler's business. */
const TYPES = ['dir', 'overlay', 'overlayfs', 'btrfs', 'zfs', 'lvm', 'loop', 'rbd', 'nbd'];
const TYPE = new RegExp(`^(${TYPES.join('|')}):`);

/** [TYPE:]PATH, or "none". */
export const rootfsPath = accepting(
  { words: ['none'], pattern: '(/|[a-z]+:).*' },
  (value: string): string => {
    if (value === 'none' || TYPE.test(value) || value.startsWith('/')) return value;
    const [, word] = /^([a-z]+):/.exec(value) ?? [];
    const meant = word === undefined ? undefined : nearest(word, TYPES);
    throw new BadValue('it must be an absolute path, TYPE:PATH (dir:, overlay:), or none', {
      ...(word !== undefined && { word, allowed: TYPES }),
      ...(meant !== undefined && { nearest: meant }),
    });
  },
);

export const withoutType = (value: string): string => value.replace(TYPE, '');

export const rootfsOptions = (value: string): readonly string[] =>
  value
    .split(',')
    .map((option) => option.trim())
    .filter(Boolean);
