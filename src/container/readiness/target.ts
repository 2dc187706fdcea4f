/** The running container that is looked at, from one init to the next. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerPaths } from '../paths.ts';
import type { Environment } from '../../environment.ts';

export interface Target {
  readonly paths: ContainerPaths;
  /** The caller's environment: where its systemd's bus is. */
  readonly caller: Environment;
  /** Owned by who made the target. */
  readonly initPidfd: number;
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** What was seen last and is not enough: told when the time is over. */
  readonly note: (seen: string) => void;
  /** Something a person should know although it is reached. */
  readonly warn: (text: string) => void;
}

/** Init's process id as this process's /proc counts; null: it has ended. */
export function initPidOf({ initPidfd }: Target): number | null {
  const text = readFileSync(`/proc/self/fdinfo/${initPidfd}`, 'latin1');
  const pid = Number(/^Pid:\s*(-?\d+)$/m.exec(text)?.[1] ?? -1);
  return pid > 0 ? pid : null;
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** For what no event tells of: looks at once, then ever more rarely, from firstMs to mostMs between two looks. */
export async function lookUntil(
  { signal }: Target,
  { firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number },
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let ms = firstMs; !signal.aborted; ms = Math.min(ms * 2, mostMs)) {
    if (await isSo()) return;
    await pause(ms, signal);
  }
}
