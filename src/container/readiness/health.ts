/** Waits until the container is healthy: its monitor tells of each change. */
import { TlxcError } from '../../errors.ts';
import { askMonitor, watchHealth } from '../../monitor/client.ts';
import { healthOf, outcomeWords } from '../info/health.ts';
import type { StartPlan } from '../../plan/types.ts';
import type { ContainerPaths } from '../paths.ts';
import type { Condition } from './condition.ts';
import type { Target } from './target.ts';

/** Nobody asks whether it is well: waiting for that would never end. */
const noHealth = (container: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_USAGE',
    message: 'nothing says whether it is healthy: its configuration has no tlxc.health.command',
    container,
    hint: 'tlxc.health.command = COMMAND in its configuration, then a new start; or wait for a command (exec:COMMAND)',
  });

/** Whoever waits for health is told before anything is started that nobody asks for it. */
export const checkFor =
  (conditions: readonly Condition[]) =>
  ({ name, health }: StartPlan): void => {
    if (health === null && conditions.some(({ kind }) => kind === 'healthy')) throw noHealth(name);
  };

function look(paths: ContainerPaths, note: Target['note']): boolean {
  const result = askMonitor(paths, { op: 'info' });
  if (result.kind !== 'answer' || !result.reply.ok) return false; // who follows its life tells
  const health = healthOf(result.reply.health);
  if (health === null) throw noHealth(paths.name);
  note(`it is ${health.status}${health.last ? ` (${outcomeWords(health)})` : ''}`);
  return health.status === 'healthy';
}

/** Throws TLXC_E_USAGE where nobody asks whether it is well. */
export async function waitForHealth({ paths, note, signal }: Target): Promise<void> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  signal.addEventListener('abort', stop);
  const changes = watchHealth(paths, end.signal);
  try {
    // In this order: what changes after the look is told. What nobody awaits any more may fail.
    const next = async () => (await changes.next()).done === true;
    let ended = next();
    while (!signal.aborted && !look(paths, note)) {
      if (await ended) {
        await never(signal);
        return;
      }
      ended = next();
    }
    ended.catch(() => undefined);
  } finally {
    signal.removeEventListener('abort', stop);
    // First, or the loop's end would wait for one more change.
    stop();
    await changes.return();
  }
}

/** It has ended: who follows its life tells of that, and ends the wait. */
const never = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
