/**
 * The command lines of processes. Each lies in its process's own memory, which may be a file's of a filesystem that does not
 * answer: so another process reads them, which nobody waits for longer than a moment, and what did not come is not asked
 * for again.
 */
import { spawn } from 'node:child_process';
import { spawned } from '../../host/program.ts';

/** A process, and not another one that has its number later. */
export interface Identity {
  readonly pid: number;
  readonly startTime: string;
}

const MOST_MS = 300;
/** Of all of them together; a process may have megabytes. */
const MOST_BYTES = 2 ** 20;
/** Of one of them. */
const SHOWN = 2048;

/** Writes each argument as FILE:ARGUMENT and a zero byte, forty of a file at most; then come the files' names. */
const READER = ['grep', '-s', '-a', '-z', '-H', '-m', '40', '-e', ''];

const keyOf = ({ pid, startTime }: Identity): string => `${pid} ${startTime}`;

/** What came of the reader's output in time. */
function read(argv: readonly string[]): Promise<{ readonly text: string; readonly whole: boolean }> {
  const [file = '', ...args] = argv;
  return new Promise((resolve) => {
    let text = '';
    const child = spawned(spawn(file, args, { stdio: ['ignore', 'pipe', 'ignore'] }));
    const end = (whole: boolean): void => {
      clearTimeout(timer);
      resolve({ text, whole });
      // One that the kernel does not let go is nobody's business any more.
      child.stdout.destroy();
      child.unref();
      child.kill('SIGKILL');
    };
    const timer = setTimeout(end, MOST_MS, false);
    child.stdout.setEncoding('utf8').on('data', (more: string) => {
      text += more;
      if (text.length > MOST_BYTES) end(false);
    });
    child.on('error', () => end(true)).on('close', () => end(true));
  });
}

function parse(text: string): Map<number, string> {
  const found = new Map<number, string>();
  for (const record of text.split('\0')) {
    const [, digits, argument = ''] = /^\/proc\/(\d+)\/cmdline:([^]*)$/.exec(record) ?? [];
    if (digits === undefined) continue;
    const before = found.get(Number(digits));
    if (before === undefined) found.set(Number(digits), argument.slice(0, SHOWN));
    else if (before.length < SHOWN) found.set(Number(digits), `${before} ${argument}`.slice(0, SHOWN));
  }
  return found;
}

export class CommandLines {
  readonly #mute = new Set<string>();
  readonly #reader: readonly string[];

  /** reader: for tests. */
  constructor(reader: readonly string[] = READER) {
    this.#reader = reader;
  }

  /** By pid; without those that have none, and those that do not answer. Never rejects. */
  async of(processes: readonly Identity[]): Promise<ReadonlyMap<number, string>> {
    const asked = processes.filter((each) => !this.#mute.has(keyOf(each)));
    if (asked.length === 0) return new Map();
    const { text, whole } = await read([...this.#reader, ...asked.map(({ pid }) => `/proc/${pid}/cmdline`)]);
    const found = parse(text);
    if (!whole) for (const each of asked) if (!found.has(each.pid)) this.#mute.add(keyOf(each));
    return found;
  }
}
