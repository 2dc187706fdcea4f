/** What comes on standard input, kept in a file: an archive is looked at while it arrives, and unpacked when all of it is there. */
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { Arrival } from '../../image/arrival.ts';
import type { ImportRequest } from './request.ts';

type Input = Pick<ImportRequest, 'stdin' | 'onStage'>;
type LookAt<Found> = (arrival: Arrival) => Promise<Found>;

/** Resolves to what `look` finds in it. Where that throws nothing more is read: who writes there is told by a broken pipe. */
export async function spool<Found>(
  { stdin, onStage }: Input,
  path: string,
  look: LookAt<Found>,
): Promise<Found> {
  const [arrival, enough] = [new Arrival(), new AbortController()];
  const file = await open(path, 'wx', 0o600);
  let size = 0;
  onStage?.('copying', () => ({ done: size, total: null }));
  const write = async (chunks: AsyncIterable<Buffer | string>): Promise<void> => {
    for await (const chunk of chunks) {
      await file.appendFile(chunk);
      arrival.reached(path, (size += Buffer.byteLength(chunk)));
    }
  };
  const written = pipeline(stdin, write, { signal: enough.signal }).then(
    () => arrival.arrived(path),
    (error: unknown) => {
      arrival.failed();
      throw error;
    },
  );
  const looked = look(arrival);
  try {
    // Whichever fails first knows why.
    const [found] = await Promise.all([looked, written]);
    return found;
  } finally {
    enough.abort();
    await Promise.allSettled([looked, written]);
    await file.close();
  }
}
