/** Sizes as LXC's --fssize takes them. */
import { usageError } from '../errors.ts';

const UNITS = 'bkmgt';
const MAX = Number.MAX_SAFE_INTEGER;

/** Bytes: a number of mebibytes, or with a letter behind it of bytes, KiB, MiB, GiB or TiB. Throws TLXC_E_USAGE. */
export function parseSize(text: string): number {
  const [, digits = '', unit = 'm'] = /^(\d+)([bkmgt])?$/i.exec(text) ?? [];
  const size = Number(digits) * 1024 ** UNITS.indexOf(unit.toLowerCase());
  if (digits !== '' && size > 0 && size <= MAX) return size;
  throw usageError(
    `${JSON.stringify(text)} is no size`,
    'write a number of MiB, or one with b, k, m, g or t behind it: 500m, 2g',
  );
}
