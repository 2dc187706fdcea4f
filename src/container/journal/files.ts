/** A journal's files: the one that is written to and its older ones, read while the monitor may rotate them. */
import {
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../../errors.ts';
import { RecordReader, type LogRecord } from './record.ts';

const NAME = 'journal';
const CHUNK = 65_536;
/** A rotation is a few renames. */
const TRIES = 50;
const PAUSE_MS = 2;

const pathOf = (directory: string, number: number): string =>
  join(directory, number === 0 ? NAME : `${NAME}.${number}`);

/** null where it is not there. Throws TLXC_E_PERMISSION. */
function open(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    const hint = 'it may be read by who starts the container';
    const message = `cannot read the container's log ${path}`;
    const denied = code === 'EACCES';
    throw new TlxcError({
      ...{
        code: denied ? 'TLXC_E_PERMISSION' : 'TLXC_E_SYSCALL',
        message,
        path,
        syscall: 'open',
        errno: code,
      },
      ...(denied && { hint }),
    });
  }
}

const inodeAt = (path: string): number | undefined => lstatSync(path, { throwIfNoEntry: false })?.ino;

/** Their numbers; that of the newest is 0. */
const numbersIn = (directory: string): readonly number[] =>
  (existsSync(directory) ? readdirSync(directory) : [])
    .flatMap((name) => (name === NAME ? [0] : Number(/^journal\.(\d{1,2})$/.exec(name)?.[1] ?? NaN)))
    .filter((number) => !Number.isNaN(number))
    .sort((a, b) => a - b);

/** In the middle of a rotation one is missing. */
const isWhole = (numbers: readonly number[]): boolean => numbers.every((number, index) => number === index);

/** Open descriptors, the oldest first, all of one moment: what is rotated meanwhile is opened again. */
function openAll(directory: string): number[] {
  for (let tries = 1; ; tries++) {
    const numbers = numbersIn(directory);
    const fds = [...numbers].reverse().flatMap((number) => open(pathOf(directory, number)) ?? []);
    const newest = fds.at(-1);
    const isSame = newest === undefined || fstatSync(newest).ino === inodeAt(pathOf(directory, 0));
    if ((isWhole(numbers) && fds.length === numbers.length && isSame) || tries === TRIES) return fds;
    for (const fd of fds) closeSync(fd);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

function* readToEnd(fd: number, reader: RecordReader): Generator<LogRecord> {
  const buffer = Buffer.alloc(CHUNK);
  for (let size; (size = readSync(fd, buffer, 0, CHUNK, null)) > 0;)
    yield* reader.read(buffer.subarray(0, size));
}

/** Reads on where it has ended, over any number of rotations. */
export class JournalReader {
  readonly #directory: string;
  #fds: number[] = [];
  #reader = new RecordReader();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** All that has come since the last call; at the first all that there is. */
  *read(): Generator<LogRecord> {
    if (this.#fds.length === 0) this.#fds = openAll(this.#directory);
    for (;;) {
      const [fd] = this.#fds;
      if (fd === undefined) return;
      yield* readToEnd(fd, this.#reader);
      if (this.#fds.length === 1 && !this.#findNewer(fd)) return;
      // What was written between the last read and the rotation.
      yield* readToEnd(fd, this.#reader);
      this.#reader = new RecordReader();
      closeSync(fd);
      this.#fds.shift();
    }
  }

  close(): void {
    for (const fd of this.#fds) closeSync(fd);
    this.#fds = [];
  }

  /** Whether `fd` was put aside; then those that came after it are opened. */
  #findNewer(fd: number): boolean {
    const { ino } = fstatSync(fd);
    if (inodeAt(pathOf(this.#directory, 0)) === ino) return false;
    const all = openAll(this.#directory);
    const own = all.findIndex((each) => fstatSync(each).ino === ino);
    for (const older of all.slice(0, own + 1)) closeSync(older);
    this.#fds.push(...all.slice(own + 1));
    return this.#fds.length > 1;
  }
}
