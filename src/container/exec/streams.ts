/** A command's standard streams: pipes or a terminal, its ends for the container and ours for the program. */
import { closeSync, openSync, readSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { PassThrough, type Writable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { isatty, ReadStream } from 'node:tty';
import { native } from '../../native/binding.ts';
import type { AttachStreams } from '../attach/attach.ts';
import type { ExecOptions, Input, Output } from './options.ts';

/** The program's ends. */
export interface CommandStreams {
  readonly stdin: Writable | null;
  readonly stdout: Readable | null;
  readonly stderr: Readable | null;
  /** The master of its terminal; -1: it has none. */
  readonly terminal: number;
  /** Resolves when all that it prints has arrived; rejects where it could not be passed on. */
  readonly done: Promise<void>;
  /** What was captured until now. */
  readonly captured: () => { readonly stdout: string; readonly stderr: string };
  /** Ends all of them at once, whoever else may hold the other ends. */
  readonly destroy: () => void;
}

interface Opened {
  readonly attach: AttachStreams;
  /** Makes streams of our ends; onOverflow: more than maxCapture has come. */
  readonly open: (ptyMaster: number) => (onOverflow: () => void) => CommandStreams;
  /** Closes our ends where no command was started. */
  readonly discard: () => void;
  /** Closes this process's copies of the command's ends. */
  readonly closeInner: () => void;
}

const MAX_CAPTURE = 64 * 1024 * 1024;

class Capture {
  readonly #chunks: Buffer[] = [];
  #left: number;

  constructor(limit: number) {
    this.#left = limit;
  }

  /** Takes what comes; says once when that is too much. */
  take(stream: Readable, onOverflow: () => void): void {
    stream.on('data', (chunk: Buffer) => {
      if (this.#left < 0) return;
      this.#left -= chunk.length;
      if (this.#left < 0) onOverflow();
      else this.#chunks.push(chunk);
    });
  }

  toString(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** One of the command's descriptors, and ours on the other side: null where it has none. */
interface Ends {
  readonly inner: number;
  readonly outer: number | null;
  /** It was opened for this command. */
  readonly own: boolean;
}

const nothing = (flags: 'r' | 'w'): Ends => ({ inner: openSync('/dev/null', flags), outer: null, own: true });

/**
 * A terminal of this process's is not given away: through it the command could read what is typed, and change how the
 * terminal behaves.
 */
const inherits = (stream: Input | Output, number: 0 | 1 | 2): boolean =>
  stream === 'inherit' && !isatty(number);

function inputEnds(input: Input): Ends {
  if (input === 'ignore') return nothing('r');
  if (inherits(input, 0)) return { inner: 0, outer: null, own: false };
  const [inner, outer] = native().pipe();
  return { inner, outer, own: true };
}

function outputEnds(output: Output, number: 1 | 2): Ends {
  if (output === 'ignore') return nothing('w');
  if (inherits(output, number)) return { inner: number, outer: null, own: false };
  const [outer, inner] = native().pipe();
  return { inner, outer, own: true };
}

const isOurs = (stream: Writable): boolean => stream === process.stdout || stream === process.stderr;

/** Why a stream has ended before its end is not the command's concern: it sees a closed pipe, as in a shell. */
const ended = (stream: Readable | Writable): Promise<void> => finished(stream).catch(() => undefined);

/** Passes what comes on to where it is wanted; resolves at the end of it. */
function consume(
  stream: Readable,
  wanted: Output,
  number: 1 | 2,
  take: (stream: Readable) => void,
): Promise<void> {
  const output = wanted === 'inherit' ? (number === 1 ? process.stdout : process.stderr) : wanted;
  if (output === 'capture') take(stream);
  if (typeof output === 'object') return pipeline(stream, output, { end: !isOurs(output) });
  return ended(stream);
}

/** This process's own standard input, for as long as the other stream is there. */
function passOn(target: Writable, end: boolean): void {
  process.stdin.pipe(target, { end });
  target.once('close', () => {
    process.stdin.unpipe(target);
    if (process.stdin.listenerCount('data') === 0) process.stdin.pause();
  });
}

/** Writes what is given; a command that reads less of it than there is has its reasons. */
function feed(stdin: Writable, input: Input): void {
  stdin.on('error', () => undefined);
  if (input === 'inherit') passOn(stdin, true);
  else if (input instanceof Uint8Array) stdin.end(input);
  else if (typeof input === 'object') pipeline(input, stdin).catch(() => undefined);
}

const inputOf = ({ stdin = 'ignore', input }: ExecOptions): Input =>
  input === undefined ? stdin : Buffer.from(input);

function pipeStreams(ends: readonly [Ends, Ends, Ends], options: ExecOptions) {
  const { stdout: toOut = 'capture', stderr: toErr = 'capture', maxCapture = MAX_CAPTURE } = options;
  const input = inputOf(options);
  return (onOverflow: () => void): CommandStreams => {
    const reader = ({ outer }: Ends) =>
      outer === null ? null : new Socket({ fd: outer, readable: true, writable: false });
    const stdin =
      ends[0].outer === null ? null : new Socket({ fd: ends[0].outer, readable: false, writable: true });
    const [stdout, stderr] = [reader(ends[1]), reader(ends[2])];
    if (stdin) feed(stdin, input);
    const [out, error] = [new Capture(maxCapture), new Capture(maxCapture)];
    const idle = Promise.resolve();
    const outDone = stdout ? consume(stdout, toOut, 1, (stream) => out.take(stream, onOverflow)) : idle;
    const errorDone = stderr ? consume(stderr, toErr, 2, (stream) => error.take(stream, onOverflow)) : idle;
    return {
      stdin: input === 'pipe' ? stdin : null,
      stdout: toOut === 'pipe' ? stdout : null,
      stderr: toErr === 'pipe' ? stderr : null,
      terminal: -1,
      done: Promise.all([outDone, errorDone]).then(() => undefined),
      captured: () => ({ stdout: out.toString(), stderr: error.toString() }),
      destroy: () => [stdin, stdout, stderr].forEach((each) => each?.destroy()),
    };
  };
}

/** More than the kernel keeps of what was printed to a terminal. */
const MOST_LEFT = 128 * 1024;

/**
 * What libuv leaves in a terminal whose other side has closed: it takes a short read with POLLHUP for the end, while the
 * kernel still holds what was printed last. A read fetches that, and fails with EIO when all of it has come; with EAGAIN
 * where a process of the container's has opened the other side again, for which nobody waits.
 */
function* leftIn(terminal: number): Generator<Buffer> {
  if (!native().neverWait(terminal)) return;
  const buffer = Buffer.alloc(64 * 1024);
  try {
    for (let read = 1, left = MOST_LEFT; read > 0 && left > 0; left -= read) {
      read = readSync(terminal, buffer);
      yield Buffer.from(buffer.subarray(0, read));
    }
  } catch (error) {
    if (!['EIO', 'EAGAIN', 'EBADF'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** The last of a terminal's other side closes: that is EIO here, and the end. */
function untilClosed(master: ReadStream, terminal: number): PassThrough {
  const output = new PassThrough();
  const end = (): void => void output.end();
  master.on('data', (chunk: Buffer) => {
    if (!output.write(chunk)) master.pause();
  });
  output.on('drain', () => master.resume());
  // At its 'end' the stream has not yet closed its descriptor.
  master.on('end', () => {
    for (const chunk of leftIn(terminal)) output.write(chunk);
  });
  master.on('error', end).on('end', end).on('close', end);
  return output;
}

function terminalStreams(terminal: number, options: ExecOptions) {
  const { stdout: wanted = 'capture', maxCapture = MAX_CAPTURE } = options;
  const input = inputOf(options);
  return (onOverflow: () => void): CommandStreams => {
    const master = new ReadStream(terminal);
    const stdout = untilClosed(master, terminal);
    typeInto(master, input);
    const out = new Capture(maxCapture);
    const done = consume(stdout, wanted, 1, (stream) => out.take(stream, onOverflow));
    if (wanted === 'ignore') stdout.resume();
    return {
      stdin: input === 'pipe' ? master : null,
      stdout: wanted === 'pipe' ? stdout : null,
      stderr: null,
      terminal,
      done,
      captured: () => ({ stdout: out.toString(), stderr: '' }),
      destroy: () => [master, stdout].forEach((each) => each.destroy()),
    };
  };
}

/** A terminal has no end of input: what is given is typed, and that is all. */
function typeInto(master: ReadStream, input: Input): void {
  if (input === 'inherit') passOn(master, false);
  else if (input instanceof Uint8Array) master.write(input);
  else if (typeof input === 'object') input.pipe(master, { end: false });
}

/** A terminal is made by the attach; pipes are made here. */
export function openStreams(options: ExecOptions): Opened {
  const { stdout = 'capture', stderr = 'capture', tty = false } = options;
  if (tty !== false) {
    const { rows, columns } = tty === true ? { rows: 24, columns: 80 } : tty;
    return {
      attach: { stdio: [-1, -1, -1], rows, columns },
      open: (master) => terminalStreams(master, options),
      discard: () => undefined,
      closeInner: () => undefined,
    };
  }
  const ends = [inputEnds(inputOf(options)), outputEnds(stdout, 1), outputEnds(stderr, 2)] as const;
  return {
    attach: { stdio: [ends[0].inner, ends[1].inner, ends[2].inner], rows: 0, columns: 0 },
    open: () => pipeStreams([...ends], options),
    discard: () => ends.forEach(({ outer }) => outer !== null && closeSync(outer)),
    closeInner: () => ends.forEach(({ inner, own }) => own && closeSync(inner)),
  };
}
