/** Waits until a container is in one of several states, told by its monitor. */
import { existsSync } from 'node:fs';
import type { SystemConfig } from '../config/model.ts';
import { usageError } from '../errors.ts';
import { askMonitor, watchMonitor } from '../monitor/client.ts';
import type { ContainerState } from '../monitor/protocol.ts';
import type { ContainerPaths } from './paths.ts';
import { sweepStopped } from './sweep.ts';
import { unresponsive } from './unresponsive.ts';
import { suggestion } from '../config/nearest.ts';
import { watchStore } from './watch-store.ts';

export const STATES: readonly ContainerState[] = [
  ...(['STOPPED', 'STARTING', 'RUNNING', 'STOPPING'] as const),
  ...(['ABORTING', 'FREEZING', 'FROZEN', 'THAWED'] as const),
];

const isState = (text: string): text is ContainerState => (STATES as readonly string[]).includes(text);

/** As states; else throws TLXC_E_USAGE: what is none would be waited for in vain. */
export function checkStates(
  words: readonly string[],
  hint = `there are ${STATES.join(', ')}`,
): readonly ContainerState[] {
  const unknown = words.find((word) => !isState(word));
  if (unknown !== undefined)
    throw usageError(`invalid state '${unknown}'${suggestion(unknown.toUpperCase(), STATES)}`, hint);
  return words.filter(isState);
}

export interface Waiting {
  readonly system: SystemConfig;
  readonly paths: ContainerPaths;
  /** Any of these, now or as soon as one is passed through. */
  readonly states: ReadonlySet<ContainerState>;
  /** Milliseconds; -1: for ever, 0: only a look. */
  readonly timeoutMs: number;
  /** Ends the wait when it is aborted, as the end of the time does. */
  readonly signal?: AbortSignal | undefined;
}

interface Now {
  readonly state: ContainerState;
  /** Its monitor answers. */
  readonly runs: boolean;
}

/** Throws TLXC_E_UNRESPONSIVE. */
async function look(paths: ContainerPaths): Promise<Now> {
  await sweepStopped(paths);
  const result = askMonitor(paths, { op: 'info' });
  if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
  if (result.kind === 'answer' && result.reply.ok)
    return { state: result.reply.state ?? 'RUNNING', runs: true };
  // A start in progress has its socket already, and answers once init runs.
  return { state: existsSync(paths.socket) ? 'STARTING' : 'STOPPED', runs: false };
}

/** Follows it as long as it runs; true at the first of the states. */
async function reachedWhileRunning({ paths, states, signal }: Waiting, leftMs: number): Promise<boolean> {
  for await (const { state } of watchMonitor(paths, leftMs, signal)) if (states.has(state)) return true;
  return false;
}

/**
 * True once it is in one of the states, or has been since the call; false when the time is over. A container that does
 * not exist is STOPPED. Throws TLXC_E_UNRESPONSIVE, TLXC_E_PERMISSION.
 */
export async function waitForState(waiting: Waiting): Promise<boolean> {
  const { system, paths, states, timeoutMs, signal } = waiting;
  const deadline = performance.now() + timeoutMs;
  const leftMs = (): number => (timeoutMs < 0 ? -1 : Math.max(0, Math.ceil(deadline - performance.now())));
  if (states.has((await look(paths)).state)) return true;
  if (timeoutMs === 0 || signal?.aborted) return false;
  const passed = new Set<ContainerState>();
  let wake = (): void => undefined;
  const end = await watchStore(system, paths.lxcpath, ({ name, state, health }) => {
    if (name !== paths.name || health !== undefined || !states.has(state)) return;
    passed.add(state);
    wake();
  });
  const abort = (): void => wake();
  signal?.addEventListener('abort', abort);
  let timer: NodeJS.Timeout | undefined;
  try {
    while (passed.size === 0 && leftMs() !== 0 && !signal?.aborted) {
      const { state, runs } = await look(paths);
      if (states.has(state)) return true;
      if (runs && (await reachedWhileRunning(waiting, leftMs()))) return true;
      if (runs) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (passed.size > 0 || signal?.aborted) resolve();
        if (timeoutMs >= 0) timer = setTimeout(resolve, leftMs());
      });
    }
    return passed.size > 0;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
    end();
  }
}
