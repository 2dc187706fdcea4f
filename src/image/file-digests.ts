/** BLAKE2b digests of many files, by as many b2sum(1) at once as there are cores, while their names are still being found. */
import { availableParallelism } from 'node:os';
import type { Readable } from 'node:stream';
import type { Ended, RunningProgram } from '../host/program.ts';

/** By path, byte by byte (latin1), as find(1) names it: "./etc/passwd". */
export type Digests = ReadonlyMap<string, string>;

/** Hexadecimal digits. */
const LENGTH = 64;

/** xargs begins when it has so many characters of names. */
const AT_ONCE = 64 * 1024;
/** A write wakes who reads: one for each of ten thousand names takes longer than to digest many of their files. */
const WRITTEN = AT_ONCE / 4;

/** The names go to xargs on its standard input: nothing of an image is ever an option or a word of a shell. */
export const DIGEST = [
  ...['xargs', '--null', '--no-run-if-empty', `--max-chars=${AT_ONCE}`],
  ...['b2sum', `--length=${LENGTH * 4}`, '--zero', '--'],
];

/** `take` gets what a program says, byte by byte (latin1), up to each NUL. */
export function eachRecord(stream: Readable | null, take: (record: string) => void): void {
  let rest = '';
  stream?.setEncoding('latin1').on('data', (text: string) => {
    const records = (rest + text).split('\0');
    rest = records.pop() ?? '';
    records.forEach(take);
  });
}

interface Digester {
  readonly program: RunningProgram;
  /** What it was not yet given. */
  names: string;
}

export class FileDigests {
  readonly #start: () => RunningProgram;
  readonly #digesters: Digester[] = [];
  readonly #found = new Map<string, string>();
  #files = 0;

  /** `start` starts DIGEST where the paths are valid, with pipes for its standard streams. */
  constructor(start: () => RunningProgram) {
    this.#start = start;
  }

  add(path: string): void {
    const digester = (this.#digesters[this.#files++ % availableParallelism()] ??= this.#begin());
    digester.names += `${path}\0`;
    if (digester.names.length >= WRITTEN) give(digester);
  }

  /** Resolves when all that were added are digested, and to the first program that failed where one did. */
  async finish(): Promise<{ readonly digests: Digests; readonly failed: Ended | undefined }> {
    for (const digester of this.#digesters) {
      give(digester);
      digester.program.child.stdin?.end();
    }
    const all = await Promise.all(this.#digesters.map(({ program }) => program.ended));
    return { digests: this.#found, failed: all.find(({ status }) => status !== 0) };
  }

  kill(): void {
    for (const { program } of this.#digesters) program.child.kill('SIGKILL');
  }

  #begin(): Digester {
    const program = this.#start();
    // A program that ended early says so by its status.
    program.child.stdin?.on('error', () => undefined);
    eachRecord(program.child.stdout, (sum) => this.#found.set(sum.slice(LENGTH + 2), sum.slice(0, LENGTH)));
    return { program, names: '' };
  }
}

function give(digester: Digester): void {
  digester.program.child.stdin?.write(digester.names, 'latin1');
  digester.names = '';
}
