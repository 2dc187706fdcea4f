/** What goes with -B of tlxc-create and tlxc-copy. */
import type { VolumeOptions } from '../storage/backend.ts';
import { resolve } from 'node:path';
import { parseSize } from '../storage/size.ts';
import type { OptionValues } from './options.ts';
import { usageError } from './usage.ts';

const NAMES = ['fstype', 'lvname', 'vgname', 'thinpool', 'zfsroot', 'rbdname', 'rbdpool', 'rbduser'] as const;

/** Those that were given. Throws TLXC_E_USAGE for a size that is none, or a name that is not one. */
export function volumeOptions(options: OptionValues): VolumeOptions {
  const given = NAMES.flatMap((name) => {
    const value = options[name];
    return typeof value === 'string' ? [[name, checked(name, value)] as const] : [];
  });
  const [size, dir] = [options['fssize'], options['dir']];
  return {
    ...Object.fromEntries(given),
    ...(typeof size === 'string' && { fssize: parseSize(size) }),
    ...(typeof dir === 'string' && { dir: absolute(dir) }),
  };
}

function absolute(dir: string): string {
  if (dir.startsWith('/') && resolve(dir) !== '/') return resolve(dir);
  throw usageError(`--dir: ${JSON.stringify(dir)} must be an absolute path`);
}

/** Volumes are told apart by paths and by options of programs: a name may not look like either. */
function checked(name: string, value: string): string {
  const pattern = name === 'zfsroot' ? /^[A-Za-z][\w.:/-]*$/ : /^[\w+.][\w+.-]*$/;
  if (pattern.test(value)) return value;
  throw usageError(`--${name}: ${JSON.stringify(value)} cannot be its name`);
}
