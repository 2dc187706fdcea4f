/** How long a program lets something take. */
import { usageError } from '../errors.ts';

/** More than any timer holds: 24 days. */
const LONGEST = 2 ** 31 - 1;

/** Milliseconds; -1, for ever, also of what no timer holds, as Infinity. Throws TLXC_E_USAGE. */
export function milliseconds(name: string, given: number): number {
  if (typeof given !== 'number' || Number.isNaN(given))
    throw usageError(`${name}: ${String(given)} is no number of milliseconds`, 'for ever is -1');
  return given < 0 || given > LONGEST ? -1 : given;
}
