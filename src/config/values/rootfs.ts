/** Where a root filesystem lies. lxc.rootfs.* */
import { accepting, BadValue } from '../key.ts';

/** Every backend that LXC names; which of them exist here is the compiler's business. */
const TYPE = /^(dir|overlay|overlayfs|btrfs|zfs|lvm|loop|rbd|nbd):/;

/** [TYPE:]PATH, or "none". */
export const rootfsPath = accepting({ words: ['none'], pattern: '(/|[a-z]+:).*' }, (value: string): string => {
  if (value === 'none' || TYPE.test(value) || value.startsWith('/')) return value;
  throw new BadValue('it must be an absolute path, TYPE:PATH (dir:, overlay:), or none');
});

export const withoutType = (value: string): string => value.replace(TYPE, '');

export const rootfsOptions = (value: string): readonly string[] =>
  value.split(',').map((option) => option.trim()).filter(Boolean);
