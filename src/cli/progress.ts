/**
 * How far something is that takes its time: on a terminal one line that is written over, from the second second on; elsewhere
 * a plain line now and then, the first after ten seconds. Nothing with -q, nor with --json. It has no colours.
 */
import { waitedFor, whenWaiting } from '../container/lock.ts';
import { unmeasured, type Gauge, type OnStage, type Stage } from '../gauge.ts';
import type { CommandContext } from './context.ts';
import type { Output } from './output.ts';
import { clip, columns, printable } from './printable.ts';

export interface Progress {
  /** What is done now, and how to ask how far it is. */
  readonly stage: OnStage;
  /** What it is about just now, behind the words; '': nothing. May come from a container. */
  readonly about: (detail: string) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

const SOON_MS = 1000;
/** So long before it is first shown it is asked: what there is to do may have to be counted. */
const AHEAD_MS = 500;
const STEP_MS = 250;
const PLAIN_FIRST_MS = 10_000;
/** Who waits for one other in vain says so after ten seconds: only of a queue that moves there is a line. */
const PLAIN_WAIT_MS = 15_000;
const PLAIN_MS = 60_000;
const MIB = 2 ** 20;

/** Terminals that show a line just now. */
const showing = new WeakSet<Output>();

/** What takes the line away before something else is printed; it comes back by itself. */
export const clearing = (stderr: Output): string => (showing.has(stderr) ? '\r\u001b[K' : '');

const SILENT: Progress = { stage: () => undefined, about: () => undefined, end: () => undefined };

/** Where not all that is done is of one kind; else the words say it already. */
const STAGES: Readonly<Partial<Record<Stage, string>>> = {
  checking: ': checking',
  unpacking: ': unpacking',
  packing: ': packing',
  sweeping: ': removing what was left behind',
  writing: ': writing to disk',
};

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

interface Done {
  readonly bytes: number;
  /** null: nobody knows. */
  readonly total?: number | null;
  /** Since it began. */
  readonly milliseconds: number;
  /** Since the first of these bytes; the same unless given. */
  readonly counted?: number;
}

const mebibytes = (bytes: number): number => Math.round(bytes / MIB);

/** What there is to do is a measure from outside: it is all done when the work says so, and not before. */
const percentOf = (bytes: number, total: number): number => Math.min(99, Math.floor((100 * bytes) / total));

/**
 * `WORDS: 62%, 75 of 120 MiB, 40.0 MiB/s, 1 s left`; `WORDS: 120 MiB, 40.0 MiB/s, 3 s` where nobody knows how many there are; without a
 * number of bytes `WORDS: 3 s`.
 */
export function progressText(
  words: string,
  { bytes, total = null, milliseconds, counted = milliseconds }: Done,
): string {
  if (bytes === 0) return `${words}: ${elapsed(milliseconds)}`;
  const speed = counted < SOON_MS ? [] : [`${((bytes / MIB) * (1000 / counted)).toFixed(1)} MiB/s`];
  if (total === null)
    return `${words}: ${[`${mebibytes(bytes)} MiB`, ...speed, elapsed(milliseconds)].join(', ')}`;
  const done = Math.min(bytes, total);
  const share = [`${percentOf(bytes, total)}%`, `${mebibytes(done)} of ${mebibytes(total)} MiB`];
  const left = (counted * (total - done)) / done;
  // As long as there is no speed, what is left is a guess.
  const rest = speed.length > 0 && left >= SOON_MS ? [`${elapsed(left)} left`] : [elapsed(milliseconds)];
  return `${words}: ${[...share, ...speed, ...rest].join(', ')}`;
}

const BAR = 20;
/** "100%" and the colon before it. */
const PERCENT = 6;

/** The same for a terminal of so many columns: with a bar where there is room, and the share in any case. */
export function progressOnTerminal(words: string, done: Done, room: number): string {
  const text = progressText(words, done);
  const { bytes, total = null } = done;
  if (bytes === 0 || total === null) return clip(text, room);
  const percent = percentOf(bytes, total);
  if (columns(words) + PERCENT > room) return clip(`${percent}% ${words}`, room);
  if (columns(text) + BAR + 3 > room) return clip(text, room);
  const full = Math.round((BAR * percent) / 100);
  return `${words}: [${'='.repeat(full)}${' '.repeat(BAR - full)}] ${text.slice(words.length + 2)}`;
}

/** A gauge, and since when. */
interface Current {
  readonly words: string;
  readonly gauge: Gauge;
  readonly began: number;
}

/** Where somebody sits, who sees a line being written over. Asked late: a terminal's stream takes 7 ms to load. */
const terminalOf = ({ stderr, env }: Voice): Output | null =>
  stderr.isTTY === true && env['TERM'] !== 'dumb' ? stderr : null;

/** What is written to that terminal; null: to none. */
function lineOf(words: string, done: Done, terminal: Output | null): string {
  if (terminal === null) return `${progressText(words, done)}\n`;
  // The cursor waits at the beginning: whatever else is printed meanwhile begins there.
  // 0 columns: a terminal that was never told its size.
  return `\r${progressOnTerminal(words, done, (terminal.columns || 80) - 1)}\u001b[K\r`;
}

interface Showing {
  /** When there is a plain line first. */
  readonly plainFirst?: number;
  /** Asked for the words, of a line that stands in for all others. */
  readonly waits?: () => string;
}

/** words: what is done, to what: "tlxc-copy: u2: copying". Begins to count now; the timer keeps no process alive. */
export function progressLine(words: string, voice: Voice, how: Showing = {}): Progress {
  const { plainFirst = PLAIN_FIRST_MS, waits } = how;
  const began = performance.now();
  let stage: Current = { words, gauge: unmeasured, began };
  let next = SOON_MS;
  let shownOn: Output | null = null;
  const step = (): void => {
    const now = performance.now();
    if (now - began < next - AHEAD_MS) return;
    const terminal = terminalOf(voice);
    if (terminal === null && now - began < plainFirst - AHEAD_MS) {
      next = plainFirst;
      return;
    }
    // Nothing is done as long as another command has the container: that has a line of its own.
    if (waits === undefined && waitedFor() !== null) return;
    const { done: bytes, total } = stage.gauge();
    if (now - began < next) return;
    next = now - began + (terminal ? STEP_MS / 2 : PLAIN_MS);
    const done = { bytes, total, milliseconds: now - began, counted: now - stage.began };
    voice.stderr.write(lineOf(waits?.() ?? stage.words, done, terminal));
    if (terminal) showing.add((shownOn = terminal));
  };
  // Work that is done before anything is waited for, a short command's, ends before a timer of it could: it makes none.
  let timer: NodeJS.Timeout | undefined;
  const turn = setImmediate(() => (timer = setInterval(step, STEP_MS).unref()));
  return {
    stage: (kind, gauge) => {
      stage = { words: words + (STAGES[kind] ?? ''), gauge, began: performance.now() };
    },
    about: (detail) => {
      stage = { ...stage, words: detail === '' ? words : `${words}: ${printable(detail)}` };
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

const isSilent = ({ quiet, options }: Asked): boolean => quiet || options['json'] === true;

/** From now on, whatever a command waits for is shown: `PROGRAM: NAME: waiting for tlxc-copy (pid 42): 3 s`. */
export function showWaits(asked: Asked, context: Shown): void {
  if (isSilent(asked)) return;
  const words = (): string => {
    const { container, whom } = waitedFor() ?? { container: asked.name, whom: 'another command' };
    return `${context.program}: ${container}: waiting for ${whom}`;
  };
  whenWaiting(() => progressLine('', context, { plainFirst: PLAIN_WAIT_MS, waits: words }).end);
}

/** Does the work, and shows that it is being done: `PROGRAM: NAME: DOING: 3 s`. */
export async function whileShown<T>(
  asked: Asked,
  context: Shown,
  doing: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const words = [context.program, asked.name, doing].filter(Boolean).join(': ');
  const progress = isSilent(asked) ? SILENT : progressLine(words, context);
  try {
    return await work(progress);
  } finally {
    progress.end();
  }
}
