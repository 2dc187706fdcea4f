/** A person's terminal, taken over by a program that draws the whole of it, and given back as it was however that ends. */
import type { ReadStream, WriteStream } from 'node:tty';

export type ScreenEvent =
  { readonly kind: 'key'; readonly key: string } | { readonly kind: 'redraw' | 'time' | 'end' };

const ESC = '\u001b';
/** The other screen, no cursor, and no line that goes on in the next: a width that was misjudged spoils one line only. */
const ENTER = `${ESC}[?1049h${ESC}[?25l${ESC}[?7l`;
const LEAVE = `${ESC}[?7h${ESC}[?25h${ESC}[?1049l`;
/** By then a signal that stops has stopped. */
const STOPPED_MS = 100;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

const NAMES: Readonly<Record<string, string>> = {
  ...{ '[A': 'up', OA: 'up', '[B': 'down', OB: 'down', '[D': 'left', OD: 'left', '[C': 'right', OC: 'right' },
  ...{ '[5~': 'page-up', '[6~': 'page-down', '[H': 'home', OH: 'home', '[1~': 'home' },
  ...{ '[F': 'end', OF: 'end', '[4~': 'end' },
};

/** The keys of what a terminal sent: a letter as it is, others by name; sequences that mean nothing here are left out. */
export function keysOf(text: string): string[] {
  // eslint-disable-next-line no-control-regex
  const parts = text.match(/\u001b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[^]/gu) ?? [];
  return parts.flatMap((part) => {
    if (part === ESC) return 'escape';
    if (part === '\r' || part === '\n') return 'enter';
    if (part === '\u007f' || part === '\b') return 'backspace';
    if (part === '\u0003') return 'interrupt';
    if (part === '\u001a') return 'suspend';
    if (part.startsWith(ESC)) return NAMES[part.slice(1)] ?? [];
    return part;
  });
}

/** Exists from open to close; a signal that ends the process closes it first. */
export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #queue: ScreenEvent[] = [];
  #wake: ((event: ScreenEvent | undefined) => void) | undefined;
  #taken = false;
  #closed = false;

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input;
    this.#output = output;
    process.once('exit', this.#giveBack);
    for (const signal of SIGNALS) process.once(signal, this.#die);
    process.on('SIGCONT', this.#resume);
    output.on('resize', this.#redraw);
    input.on('data', this.#read).on('end', this.#hangUp);
    this.#take();
  }

  get size(): { readonly rows: number; readonly columns: number } {
    return { rows: this.#output.rows || 24, columns: this.#output.columns || 80 };
  }

  /** One frame in one write, over what was there: nothing is cleared first, so nothing flickers. */
  draw(lines: readonly string[]): void {
    const shown = lines.slice(0, this.size.rows).map((line) => `${line}${ESC}[K`);
    this.#output.write(`${ESC}[H${shown.join('\n')}${ESC}[J`);
  }

  /** What comes first: a key, a new size, or the end of the time. */
  async next(timeoutMs: number): Promise<ScreenEvent> {
    const waiting = this.#queue.shift();
    if (waiting) return waiting;
    let timer: NodeJS.Timeout | undefined;
    const event = await new Promise<ScreenEvent | undefined>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, timeoutMs, undefined);
    });
    clearTimeout(timer);
    this.#wake = undefined;
    return event ?? { kind: 'time' };
  }

  /** Ctrl-Z: the terminal is the shell's until it lets the program go on. */
  suspend(): void {
    this.#giveBack();
    process.kill(0, 'SIGTSTP');
    // Where nobody can let it go on, the kernel does not stop it: then the terminal is taken again.
    setTimeout(this.#resume, STOPPED_MS);
  }

  close(): void {
    this.#closed = true;
    this.#giveBack();
    this.#input.off('data', this.#read).off('end', this.#hangUp).pause();
    this.#output.off('resize', this.#redraw);
    process.off('exit', this.#giveBack).off('SIGCONT', this.#resume);
    for (const signal of SIGNALS) process.off(signal, this.#die);
  }

  #take(): void {
    this.#input.setRawMode(true).setEncoding('utf8').resume();
    this.#output.write(ENTER);
    this.#taken = true;
  }

  readonly #giveBack = (): void => {
    if (!this.#taken) return;
    this.#taken = false;
    this.#output.write(LEAVE);
    this.#input.setRawMode(false);
  };

  readonly #resume = (): void => {
    if (this.#closed) return;
    if (!this.#taken) this.#take();
    this.#push({ kind: 'redraw' });
  };

  readonly #die = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };

  readonly #redraw = (): void => this.#push({ kind: 'redraw' });

  readonly #hangUp = (): void => this.#push({ kind: 'end' });

  readonly #read = (text: string): void => {
    for (const key of keysOf(text)) this.#push({ kind: 'key', key });
  };

  #push(event: ScreenEvent): void {
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake) wake(event);
    else this.#queue.push(event);
  }
}
