/** Numbers as the files of control groups take them: decimal, 0x hexadecimal, 0 octal, with a sign. */
import { BadValue } from '../key.ts';

const DIGITS = '0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*';
const NUMBER = new RegExp(`^([+-]?)(${DIGITS})$`, 'i');
const BYTES = new RegExp(`^(${DIGITS}|)([kmgtpe]?)$`, 'i');
/** Of bytes, each 1024 of the one before. */
export const UNITS = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** More than a file's type holds is told as "or more". */
const ENDLESS = 2 ** 53;

const valueOf = (digits: string): bigint => BigInt(/^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);

/** Bytes as the kernel's memparse reads them: 512M, 0x1000, 1073741824. Throws BadValue. */
export function bytes(text: string): bigint {
  const [, digits, unit = ''] = BYTES.exec(text.trim()) ?? [];
  if (digits === undefined) throw new BadValue('it must be a number of bytes, such as 512M');
  return valueOf(digits) << BigInt(10 * UNITS.indexOf(unit.toUpperCase()));
}

/** "a whole number from 1 to 1000" */
export function rangeText(least: number, most: number): string {
  if (most < ENDLESS) return `a whole number from ${least} to ${most}`;
  return least <= -ENDLESS ? 'a whole number' : `a whole number, ${least} or more`;
}

/** A whole number in these bounds, as the kernel's kstrtoll reads it. Throws BadValue. */
export function wholeNumber(text: string, least: number, most: number): number {
  const [, sign = '', digits] = NUMBER.exec(text.trim()) ?? [];
  const size = digits === undefined ? NaN : Number(valueOf(digits));
  const number = sign === '-' ? -size : size;
  if (number >= least && number <= most) return number;
  throw new BadValue(`it must be ${rangeText(least, most)}`);
}
