/** What a person sees while an image is fetched: one line a step, and on a terminal a bar while bytes come in. */
import { WriteStream } from 'node:tty';
import type { SingleBar } from 'cli-progress';
import type { Stage } from '../gauge.ts';
import type { ImageEvent } from '../image/progress.ts';
import type { CommandContext } from './context.ts';
import { printable } from './printable.ts';
import { elapsed, progressLine, type Progress } from './progress.ts';

export interface ImageProgress {
  readonly show: (event: ImageEvent) => void;
  /** Ends the bar, if one is shown. */
  readonly end: () => void;
}

const MIB = 2 ** 20;
const SILENT: ImageProgress = { show: () => undefined, end: () => undefined };

/** What comes without news for a while: how long it has taken is shown below its line. */
const LONG: Readonly<Partial<Record<ImageEvent['kind'], string>>> = {
  unpack: 'unpacking',
  build: 'building',
  output: 'building',
  waiting: 'waiting',
  pack: 'packing',
};

/** Stages that are no part of what was told last. */
const STAGE_WORDS: Readonly<Partial<Record<Stage, string>>> = {
  packing: 'packing',
  sweeping: 'removing what was left behind',
};

type Step = Exclude<ImageEvent, { kind: 'download' | 'output' | 'stage' }>;

function words(event: Step): string {
  switch (event.kind) {
    case 'index':
      return `Downloading the image index of ${event.server}${event.proxy && ` (proxy: ${event.proxy})`}`;
    case 'resolve':
      return `Looking up ${event.image}`;
    case 'failed-server':
      return `${event.reason}; trying the next server`;
    case 'older':
      return `${event.server} offers ${event.image} ${event.build}, which is older than the build ${event.stored} of the store: it lags behind, or holds an update back`;
    case 'waiting':
      return `Waiting for another command that makes ${event.image}`;
    case 'unpack':
      return 'Unpacking the rootfs';
    case 'cached':
      return `Using image from local cache: ${event.image}`;
    case 'build':
      return `Building an image: ${event.image}`;
    case 'pack':
      return `Packing ${event.image}`;
    case 'kept':
      return `Not removed, a container uses it: ${event.image}`;
  }
}

/** Whether somebody at the terminal sees both what a template writes and what fails. */
export const seesOutput = ({ stdout, stderr }: Voice, quiet: boolean): boolean =>
  !quiet && stdout.isTTY === true && stderr.isTTY === true;

type Voice = Pick<CommandContext, 'stdout' | 'stderr' | 'env'>;

class Shown implements ImageProgress {
  readonly #voice: Voice;
  #bar: SingleBar | null = null;
  #waiting: Progress | null = null;
  /** What is being downloaded, "" for nothing. */
  #announced = '';

  constructor(voice: Voice) {
    this.#voice = voice;
  }

  readonly show = (event: ImageEvent): void => {
    if (event.kind === 'download') {
      this.#download(event);
      return;
    }
    if (event.kind === 'stage') {
      this.#stage(event);
      return;
    }
    this.end();
    this.#announced = '';
    this.#line(event.kind === 'output' ? event.line : words(event));
    const doing = LONG[event.kind];
    if (doing !== undefined)
      this.#waiting = progressLine(`  ${doing}`, this.#voice, { plainFirst: Infinity });
  };

  #stage({ stage, gauge }: Extract<ImageEvent, { kind: 'stage' }>): void {
    const own = STAGE_WORDS[stage];
    if (own !== undefined || stage === 'working') this.end();
    if (stage === 'working') return;
    this.#waiting ??= progressLine(`  ${own ?? stage}`, this.#voice, { plainFirst: Infinity });
    // The line says which it is, but for its end.
    this.#waiting.stage(stage === 'writing' ? 'writing' : 'copying', gauge);
  }

  readonly end = (): void => {
    this.#bar?.stop();
    this.#bar = null;
    this.#waiting?.end();
    this.#waiting = null;
  };

  #line(text: string): void {
    this.#voice.stdout.write(`${printable(text)}\n`);
  }

  #download({ what, received, total }: Extract<ImageEvent, { kind: 'download' }>): void {
    if (this.#announced !== what) {
      this.end();
      this.#announced = what;
      this.#line(`Downloading the ${what}${total === null ? '' : ` (${size(total)})`}`);
      if (what !== 'metadata' && total !== null) void this.#startBar(total);
    }
    this.#bar?.update(Math.floor(received / MIB));
  }

  async #startBar(total: number): Promise<void> {
    const { stderr, env } = this.#voice;
    if (env['TERM'] === 'dumb' || stderr.isTTY !== true || !(stderr instanceof WriteStream)) return;
    const made = await newBar(stderr, total);
    // The transfer may have ended while the package was loaded.
    if (this.#announced === '') made.stop();
    else this.#bar = made;
  }
}

export const imageProgress = (voice: Voice, quiet: boolean): ImageProgress =>
  quiet ? SILENT : new Shown(voice);

/** What the package works out, in seconds; it gives a word as long as too little has come to tell. */
const timeLeft = (seconds: unknown): string =>
  typeof seconds === 'number' ? `  ${elapsed(seconds * 1000)} left` : '';

async function newBar(stream: WriteStream, total: number): Promise<SingleBar> {
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    stream,
    format: '  {bar} {percentage}%  {value}/{total} MiB{eta_formatted}',
    formatTime: timeLeft,
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(Math.ceil(total / MIB), 0);
  return bar;
}

const size = (bytes: number) =>
  bytes < MIB ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / MIB)} MiB`;
