/**
 * A command's standard output and error. Node's own streams take 7 ms to load, a third of what a short command takes: they are
 * for terminals, which have a width and colours; text for a file or a pipe goes there by write(2).
 */
import { fstatSync, writeSync } from 'node:fs';

/** What commands need of a stream; every stream of Node's has it. */
export interface Output {
  /** Of the process's own output all is written when this returns: by write(2), or as Node promises of its streams on Linux. */
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

/** A reader that went away (| head) ends the command as SIGPIPE would, without a word. */
function quitWithReader(error: NodeJS.ErrnoException): never {
  if (error.code === 'EPIPE') process.exit(141);
  throw error;
}

function streamOf(descriptor: 1 | 2): Output {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return stream.listenerCount('error') > 0 ? stream : stream.on('error', quitWithReader);
}

function writeAll(descriptor: 1 | 2, text: string | Buffer): void {
  let rest = typeof text === 'string' ? Buffer.from(text) : text;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (error) {
    // Somebody else's pipe, made not to wait: Node's stream waits.
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') streamOf(descriptor).write(rest);
    else quitWithReader(error as NodeJS.ErrnoException);
  }
}

const opened = new Map<1 | 2, Output>();

/** The same object each time. Writing throws the system's error: ENOSPC, say. */
export function processOutput(descriptor: 1 | 2): Output {
  const known = opened.get(descriptor);
  if (known) return known;
  const output = mayBeTerminal(descriptor)
    ? streamOf(descriptor)
    : { write: (text: string | Buffer) => writeAll(descriptor, text) };
  opened.set(descriptor, output);
  return output;
}
