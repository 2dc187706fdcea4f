/** What a person sees while an image is fetched: one line a step, and on a terminal a bar while bytes come in. */
import type { SingleBar } from 'cli-progress';
import type { ImageEvent } from '../image/progress.ts';
import type { CommandContext } from './context.ts';
import { printable } from './printable.ts';

export interface ImageProgress {
  readonly show: (event: ImageEvent) => void;
  /** Ends the bar, if one is shown. */
  readonly end: () => void;
}

const MIB = 2 ** 20;
const SILENT: ImageProgress = { show: () => undefined, end: () => undefined };

type Step = Exclude<ImageEvent, { kind: 'download' | 'output' }>;

function words(event: Step): string {
  switch (event.kind) {
    case 'index':
      return `Downloading the image index of ${event.server}${event.proxy && ` (proxy: ${event.proxy})`}`;
    case 'resolve':
      return `Looking up ${event.image}`;
    case 'failed-server':
      return `${event.reason}; trying the next server`;
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

export function imageProgress(
  { stdout, stderr }: Pick<CommandContext, 'stdout' | 'stderr'>,
  quiet: boolean,
): ImageProgress {
  if (quiet) return SILENT;
  let bar: SingleBar | null = null;
  let announced = '';
  const end = () => {
    bar?.stop();
    bar = null;
  };
  const line = (text: string) => stdout.write(`${printable(text)}\n`);
  const startBar = async (total: number) => {
    const made = await newBar(stderr, total);
    // The transfer may have ended while the package was loaded.
    if (announced === '') made.stop();
    else bar = made;
  };
  const download = ({ what, received, total }: Extract<ImageEvent, { kind: 'download' }>) => {
    if (announced !== what) {
      announced = what;
      line(`Downloading the ${what}${total === null ? '' : ` (${size(total)})`}`);
      if (stderr.isTTY === true && what !== 'metadata' && total !== null) void startBar(total);
    }
    bar?.update(Math.floor(received / MIB));
  };
  return {
    end,
    show(event) {
      if (event.kind === 'download') {
        download(event);
        return;
      }
      end();
      announced = '';
      line(event.kind === 'output' ? event.line : words(event));
    },
  };
}

async function newBar(stream: NodeJS.WritableStream, total: number): Promise<SingleBar> {
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    stream,
    format: '  {bar} {percentage}%  {value}/{total} MiB  {eta_formatted} left',
    clearOnComplete: true,
    hideCursor: true,
  });
  bar.start(Math.ceil(total / MIB), 0);
  return bar;
}

const size = (bytes: number) =>
  bytes < MIB ? `${Math.ceil(bytes / 1024)} KiB` : `${Math.round(bytes / MIB)} MiB`;
