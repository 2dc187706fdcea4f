/** The least of what something took. A busy machine adds to every measurement, and to none of many the same. */
const MOST_ROUNDS = 20;

/** Measured until it took less than the limit; the least of all where it never did: then it is not the machine. */
export async function leastBelow(limit: number, measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < MOST_ROUNDS && least >= limit; round++)
    least = Math.min(least, await measure());
  return least;
}

/** The least of so many. */
export async function leastOf(rounds: number, measure: () => Promise<number>): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) least = Math.min(least, await measure());
  return least;
}
