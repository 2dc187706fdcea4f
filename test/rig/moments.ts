/** kill -9 at random moments of a command's life. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import type { World } from './world.ts';

const bin = fileURLToPath(new URL('../../bin/', import.meta.url));

/** mulberry32: the same numbers, 0 to 1, for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The numbers of TLXC_SEED, or of a seed that another run has another of. */
export function seeded(): { readonly seed: number; readonly random: () => number } {
  const seed = Number(process.env['TLXC_SEED'] ?? randomInt(2 ** 31));
  return { seed, random: generator(seed) };
}

/**
 * Parts of a whole run's time, 0 to 1, spread over all of it: TLXC_MOMENTS of them, or as many as are told. Another run
 * takes others, unless TLXC_SEED is the seed that a failed test logs.
 */
export function moments(t: ExecutionContext, count: number): readonly number[] {
  const { seed, random } = seeded();
  const wanted = Number(process.env['TLXC_MOMENTS'] ?? count);
  t.log(`TLXC_SEED=${seed}`);
  return Array.from({ length: wanted }, (_, index) => (index + random()) / wanted);
}

/** Runs a command of TLXC's and kills it, and it alone, after some milliseconds. */
export async function killAfter(
  world: World,
  milliseconds: number,
  command: string,
  ...words: readonly string[]
): Promise<void> {
  const program = join(bin, `${command}.js`);
  const child = spawn(process.execPath, [program, ...words], { env: world.env, stdio: 'ignore' });
  const ended = once(child, 'close');
  await sleep(milliseconds);
  child.kill('SIGKILL');
  await ended;
}
