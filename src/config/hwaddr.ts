/** Hardware addresses from a template: each x or X is a digit to be drawn. */
import { fnv1a } from '../fnv.ts';
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

/** Fills a template with the same digits for the same seed, on every start and every host: leases are bound to it. */
export function stableHardwareAddress(template: string, seed: string): string {
  let hash = fnv1a(seed);
  return fillHardwareAddress(template, () => {
    const digit = Number(hash & 15n);
    hash >>= 4n;
    return digit;
  });
}
