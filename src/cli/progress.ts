/**
 * How far something is that takes its time: on a terminal one line that is written over, from the second second on; elsewhere
 * a plain line now and then, the first after ten seconds. Nothing with -q, nor with --json. It has no colours.
 */
import type { CommandContext } from './context.ts';
import type { Output } from './output.ts';
import { clip } from './printable.ts';

export interface Progress {
  /** How many bytes are done. */
  readonly bytes: (done: number) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

const SOON_MS = 1000;
const STEP_MS = 250;
const PLAIN_FIRST_MS = 10_000;
const PLAIN_MS = 60_000;
const MIB = 2 ** 20;

/** Terminals that show a line just now. */
const showing = new WeakSet<Output>();

/** What takes the line away before something else is printed; it comes back by itself. */
export const clearing = (stderr: Output): string => (showing.has(stderr) ? '\r\u001b[K' : '');

const SILENT: Progress = { bytes: () => undefined, end: () => undefined };

type Voice = Pick<CommandContext, 'stderr' | 'env'>;

/** 7 s, 3:05, 1:00:00 */
export function elapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  const two = (number: number): string => String(number).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = two(seconds % 60);
  return hours === 0 ? `${minutes}:${rest}` : `${hours}:${two(minutes)}:${rest}`;
}

/** `WORDS: 120 MiB, 40 MiB/s, 3 s`; without a number of bytes `WORDS: 3 s`. */
export function progressText(
  words: string,
  { bytes, milliseconds }: { bytes: number; milliseconds: number },
): string {
  const size = bytes === 0 ? [] : [`${Math.round(bytes / MIB)} MiB`];
  const speed =
    bytes === 0 || milliseconds < SOON_MS
      ? []
      : [`${((bytes / MIB) * (1000 / milliseconds)).toFixed(1)} MiB/s`];
  return `${words}: ${[...size, ...speed, elapsed(milliseconds)].join(', ')}`;
}

/** words: what is done, to what: "tlxc-copy: u2: copying". Begins to count now; the timer keeps no process alive. */
export function progressLine(words: string, voice: Voice, plain = true): Progress {
  const began = performance.now();
  let done = 0;
  let next = SOON_MS;
  let shownOn: Output | null = null;
  const step = (): void => {
    const milliseconds = performance.now() - began;
    if (milliseconds < next) return;
    // Not looked at before: a terminal's stream takes 7 ms to load.
    const { stderr, env } = voice;
    const person = stderr.isTTY === true && env['TERM'] !== 'dumb';
    if (!person && (!plain || milliseconds < PLAIN_FIRST_MS)) {
      next = plain ? PLAIN_FIRST_MS : Infinity;
      return;
    }
    next = milliseconds + (person ? STEP_MS / 2 : PLAIN_MS);
    const line = progressText(words, { bytes: done, milliseconds });
    // The cursor waits at the beginning: whatever else is printed meanwhile begins there.
    // 0 columns: a terminal that was never told its size.
    stderr.write(person ? `\r${clip(line, (stderr.columns || 80) - 1)}\u001b[K\r` : `${line}\n`);
    if (person) showing.add((shownOn = stderr));
  };
  // Work that is done before anything is waited for, a short command's, ends before a timer of it could: it makes none.
  let timer: NodeJS.Timeout | undefined;
  const turn = setImmediate(() => (timer = setInterval(step, STEP_MS).unref()));
  return {
    bytes: (count) => {
      done = count;
      step();
    },
    end: () => {
      clearImmediate(turn);
      clearInterval(timer);
      if (shownOn !== null && showing.delete(shownOn)) shownOn.write('\r\u001b[K');
    },
  };
}

type Shown = Pick<CommandContext, 'program' | 'stderr' | 'env'>;

/** What of the command line decides; Invocation has all of it. */
interface Asked {
  readonly name: string;
  readonly quiet: boolean;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Does the work, and shows that it is being done: `PROGRAM: NAME: DOING: 3 s`. */
export async function whileShown<T>(
  asked: Asked,
  context: Shown,
  doing: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const silent = asked.quiet || asked.options['json'] === true;
  const words = [context.program, asked.name, doing].filter(Boolean).join(': ');
  const progress = silent ? SILENT : progressLine(words, context);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}
