/**
 * A command's standard output and error. Node's own streams take 7 ms to load, a third of what a short command takes: they are
 * for terminals, which have a width and colours; text for a file or a pipe goes there by write(2).
 */
import { fstatSync, writeSync } from 'node:fs';
import { TlxcError } from '../errors.ts';

/** What commands need of a stream; every stream of Node's has it. */
export interface Output {
  /**
   * Of the process's own output all is written when this returns; but to a pipe that somebody made not to wait, and whose reader
   * is slow, when the process ends.
   */
  readonly write: (text: string | Buffer) => unknown;
  readonly isTTY?: boolean;
  /** Of a terminal. */
  readonly columns?: number;
}

/** The major number of /dev/null and its like. */
const MEMORY = 1;

/** Whether descriptor may be a terminal. */
function mayBeTerminal(descriptor: number): boolean {
  const stats = fstatSync(descriptor);
  return stats.isCharacterDevice() && stats.rdev >> 8 !== MEMORY;
}

/** What SIGPIPE would have ended has. */
export const READER_GONE = 141;

/**
 * A reader that went away (| head) ends the command as SIGPIPE would, without a word. What only tells of the work, and finds no
 * room or no terminal, does not stop it.
 */
function failed(descriptor: 1 | 2, { code = '' }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') process.exit(READER_GONE);
  if (descriptor === 2) return;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message: 'cannot write to standard output', errno: code });
}

let streams = 0;

/** Whether all of it was written by write(2), and no stream of Node's could hold anything back. */
export const isWritten = (): boolean => streams === 0;

/** Called once a descriptor. */
function streamOf(descriptor: 1 | 2): Output {
  streams++;
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  // A terminal that is gone (EIO) is a reader that is gone. Nothing is thrown here: nobody could catch it.
  return stream.on('error', (error: NodeJS.ErrnoException) => {
    if (descriptor === 1 || error.code === 'EPIPE') process.exit(READER_GONE);
  });
}

/** A file or a pipe. */
class Written implements Output {
  readonly #descriptor: 1 | 2;
  /** Once somebody else's pipe, made not to wait, was full: Node's stream waits, and keeps the order. */
  #stream: Output | null = null;

  constructor(descriptor: 1 | 2) {
    this.#descriptor = descriptor;
  }

  readonly write = (text: string | Buffer): void => {
    let rest = typeof text === 'string' ? Buffer.from(text) : text;
    try {
      while (this.#stream === null && rest.length > 0)
        rest = rest.subarray(writeSync(this.#descriptor, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') {
        failed(this.#descriptor, error as NodeJS.ErrnoException);
        return;
      }
      this.#stream = streamOf(this.#descriptor);
    }
    if (rest.length > 0) this.#stream?.write(rest);
  };
}

const opened = new Map<1 | 2, Output>();

/** The same object each time. Writing to standard output throws TLXC_E_SYSCALL: a full disk, say. */
export function processOutput(descriptor: 1 | 2): Output {
  const known = opened.get(descriptor);
  if (known) return known;
  const output = mayBeTerminal(descriptor) ? streamOf(descriptor) : new Written(descriptor);
  opened.set(descriptor, output);
  return output;
}
