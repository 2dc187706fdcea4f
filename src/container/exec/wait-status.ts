/** What waitpid says of an end, in Node's words. */
import { signalNumbers } from '../../signal-numbers.ts';

/** How a process ended: one of the two is null. */
export interface ProcessEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

function signalName(number: number): NodeJS.Signals | null {
  const found = Object.entries(signalNumbers).find(([, value]) => value === number);
  return (found?.[0] as NodeJS.Signals | undefined) ?? null;
}

export function processEnd(waitStatus: number): ProcessEnd {
  const signal = waitStatus & 0x7f;
  if (signal === 0) return { status: (waitStatus >> 8) & 0xff, signal: null };
  return { status: null, signal: signalName(signal) };
}
