/** How far something is that takes its time, on a terminal: one line that is written over. */
import type { CommandContext } from './context.ts';

export interface ByteProgress {
  readonly show: (bytes: number) => void;
  /** Takes the line away. */
  readonly end: () => void;
}

const STEP_MS = 200;

/** Shows nothing where nobody sits at the other end. */
export function byteProgress({ stderr }: CommandContext, quiet: boolean, verb: string): ByteProgress {
  let next = performance.now() + STEP_MS;
  let shown = false;
  if (quiet || stderr.isTTY !== true) return { show: () => undefined, end: () => undefined };
  return {
    show(bytes) {
      if (performance.now() < next) return;
      next = performance.now() + STEP_MS;
      shown = true;
      stderr.write(`\r${verb} ${Math.round(bytes / 2 ** 20)} MiB`);
    },
    end() {
      if (shown) stderr.write('\r\x1b[K');
    },
  };
}
