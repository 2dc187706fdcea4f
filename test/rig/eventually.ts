/** For what a test cannot be told of: asked again until it is so. */
import { setTimeout as sleep } from 'node:timers/promises';

/** What question resolves to, once that is neither undefined nor false; throws after so many seconds. */
export async function eventually<T>(
  seconds: number,
  question: () => Promise<T | undefined>,
): Promise<Exclude<T, false>> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await question();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, false>;
    if (Date.now() > end) throw new Error(`still not so after ${seconds} seconds: ${question.toString()}`);
    await sleep(200);
  }
}
