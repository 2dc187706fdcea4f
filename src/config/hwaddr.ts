/** Hardware addresses from a template: each x or X is a digit to be drawn. */
import { randomBytes } from '../random.ts';

/** Whether anything is left to draw. */
export const isTemplate = (address: string): boolean => /x/i.test(address);

/** Fills a template; draw gives a number from 0 to 15. The second digit is made even: a unicast address. */
function fillHardwareAddress(template: string, draw: () => number): string {
  return template.replace(/x/gi, (_, at: number) => (at === 1 ? draw() & 14 : draw() & 15).toString(16));
}

/** Fills a template at random: what is written into the configuration when a container is created. */
export function randomHardwareAddress(template: string): string {
  const bytes = randomBytes(template.length);
  let next = 0;
  return fillHardwareAddress(template, () => bytes[next++] ?? 0);
}

/** Fills a template with the same digits for the same seed, on every start and every host (FNV-1a, 64 bits). */
export function stableHardwareAddress(template: string, seed: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(seed)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return fillHardwareAddress(template, () => {
    const digit = Number(hash & 15n);
    hash >>= 4n;
    return digit;
  });
}
