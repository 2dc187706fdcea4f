/** A program of the world on a terminal, a person's keys, and what the person sees. Needs script(1): requires('terminal'). */
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** A world, or a user in it. */
interface Place {
  /** What it may write in. */
  readonly dir: string;
  readonly spawn: (program: string, ...args: readonly string[]) => ChildProcessWithoutNullStreams;
  readonly sh: (line: string) => Promise<string>;
}

export interface Size {
  readonly rows: number;
  readonly columns: number;
}

let made = 0;

export class Terminal {
  readonly #place: Place;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #tty: string;
  readonly #closed: Promise<unknown>;
  #output = '';

  /** Runs the line of shell at once; afterwards the terminal's settings are printed when they are not as before. */
  constructor(place: Place, line: string, { rows, columns }: Size) {
    this.#place = place;
    this.#tty = join(place.dir, `tty-${++made}`);
    const script = `stty rows ${rows} cols ${columns}; tty > ${this.#tty}; before=$(stty -g)
      TERM=xterm ${line}; echo "status $?"; [ "$(stty -g)" = "$before" ] || echo "terminal spoiled"`;
    this.#child = place.spawn('script', '-qfE', 'never', '-ec', script, '/dev/null');
    this.#closed = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  /** All that came so far. */
  get output(): string {
    return this.#output;
  }

  /** The last whole frame, or all output of a program that draws none: lines without attributes. */
  get lines(): readonly string[] {
    const frames = this.#output.split('\u001b[H');
    const last = frames.at(-1) ?? '';
    const frame = frames.length === 1 || last.includes('\u001b[J') ? last : (frames.at(-2) ?? '');
    // eslint-disable-next-line no-control-regex
    return frame.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '').split('\r\n');
  }

  press(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async resize({ rows, columns }: Size): Promise<void> {
    const tty = readFileSync(this.#tty, 'utf8').trim();
    await this.#place.sh(`stty -F ${tty} rows ${rows} cols ${columns}`);
  }

  /** Waits until a person sees it. */
  async shows(what: RegExp): Promise<void> {
    await eventually(30, () => Promise.resolve(what.test(this.lines.join('\n')) || undefined));
  }

  /** Waits for the end, and gives what was printed after the last frame: the status, and whether it left the terminal as it was. */
  async end(): Promise<string> {
    await this.#closed;
    const after = this.#output.split('\u001b[?1049l').at(-1) ?? '';
    return after.replaceAll('\r\n', '\n');
  }
}
