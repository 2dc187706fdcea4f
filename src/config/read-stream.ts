/** What comes out of a pipe: a shell's <(…), or a FIFO that somebody writes to. */
import { readlinkSync, readSync } from 'node:fs';
import { TlxcError } from '../errors.ts';

/** A person waits, and so does what makes the text: another host, a program that asks for a password. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 5;

/** null: there is nothing yet; 0: no writer has it open. */
function readSome(fd: number, buffer: Buffer): number | null {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return null;
    throw error;
  }
}

/** A pipe without a name had its writer before it could be given to us; a FIFO's may be on its way. */
const hadWriter = (fd: number): boolean => readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');

function silent(path: string, patienceMs: number): TlxcError {
  const message = `${path}: it is a pipe, and what writes to it did not end within ${patienceMs / 1000} seconds`;
  const hint = 'write to a file first, and name that';
  return new TlxcError({ code: 'TLXC_E_TIMEOUT', message, path, hint });
}

/**
 * All that comes out of the pipe until its writers have closed it, or some more than `limit` bytes. The descriptor does not
 * block. Throws TLXC_E_TIMEOUT.
 */
export function readStream(
  fd: number,
  path: string,
  { limit, patienceMs = PATIENCE_MS }: { readonly limit: number; readonly patienceMs?: number },
): Buffer {
  const deadline = performance.now() + patienceMs;
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const chunk = Buffer.allocUnsafe(64 * 1024);
  let all = Buffer.alloc(0);
  let begun = hadWriter(fd);
  while (all.length <= limit) {
    const count = readSome(fd, chunk);
    if (count === 0 && begun) return all;
    if (count !== null && count > 0) all = Buffer.concat([all, chunk.subarray(0, count)]);
    else if (performance.now() > deadline) throw silent(path, patienceMs);
    else Atomics.wait(sleeper, 0, 0, LOOK_MS);
    begun ||= count !== 0;
  }
  return all;
}
