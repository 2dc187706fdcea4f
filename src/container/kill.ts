/** Signals for a running container, by its monitor or, where that does not answer, without it. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TlxcError } from '../errors.ts';
import { askMonitor, watchMonitor } from '../monitor/client.ts';
import type { Request } from '../monitor/protocol.ts';
import { withLock } from './lock.ts';
import { betweenBoots } from './not-running.ts';
import { notDefined } from './not-defined.ts';
import type { ContainerPaths } from './paths.ts';
import { killInstance, sweepDead } from './sweep.ts';
import { unresponsive } from './unresponsive.ts';

/** signal's numbers in the monitor's protocol. */
const SIGNALS = { halt: 0, reboot: -1, kill: -2 } as const;
export type How = keyof typeof SIGNALS;

/** For a killed container's stop hooks and its monitor's cleaning up; one that does not answer at all is not waited for. */
const KILL_MS = 60_000;
/** After the monitor itself was killed: for the kernel to take the processes down. */
const GONE_MS = 2_000;

const fail = (code: 'TLXC_E_NOT_RUNNING' | 'TLXC_E_TIMEOUT', message: string, container: string, hint = '') =>
  new TlxcError({ code, message, container, ...(hint && { hint }) });

const STOPPED = { kind: 'stopped' } as const;

/** Asks the monitor. Throws TLXC_E_NOT_RUNNING, TLXC_E_BUSY or TLXC_E_UNRESPONSIVE. */
function ask(paths: ContainerPaths, request: Request): void {
  const result = existsSync(paths.socket) ? askMonitor(paths, request) : STOPPED;
  if (result.kind === 'stopped') {
    const message = `${paths.name} is not running`;
    // LXC's exit code is the same for one that is not there.
    throw existsSync(paths.config)
      ? fail('TLXC_E_NOT_RUNNING', message, paths.name, 'tlxc-ls --running lists those that do')
      : notDefined(paths, message, 'TLXC_E_NOT_RUNNING');
  }
  if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
  if (result.reply.ok) return;
  if (result.reply.error === 'not-running') throw betweenBoots(paths);
  const message = `the container's monitor refused "${request.op}": ${result.reply.error}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, container: paths.name });
}

/** What it is asked to do, and the number of the signal where that is not the one it was started with. */
export interface Order {
  readonly how: How;
  readonly number?: number | undefined;
}

export function signal(paths: ContainerPaths, { how, number }: Order): void {
  // Or its end would be taken for one of its own.
  if (number !== undefined && how === 'halt') ask(paths, { op: 'expect-end', expected: true });
  ask(paths, { op: 'signal', signal: number ?? SIGNALS[how] });
}

export type Ending = 'stopped' | 'running-again' | 'timeout';

/** Sends the signal and follows the state changes: until the container has stopped, or (a reboot) runs again. */
export async function signalAndFollow(
  paths: ContainerPaths,
  order: Order,
  timeoutMs: number,
): Promise<Ending> {
  ask(paths, { op: 'info' });
  const events = watchMonitor(paths, timeoutMs);
  let stopped = false;
  // In this order: the subscription is made before the signal is sent, or its effect could be missed.
  const first = events.next();
  let [event] = await Promise.all([first, Promise.resolve().then(() => signal(paths, order))]);
  for (; !event.done; event = await events.next()) {
    if (event.value.state === 'RUNNING' && order.how === 'reboot') {
      await events.return();
      return 'running-again';
    }
    stopped = event.value.state === 'STOPPED' && !event.value.reboot;
  }
  return stopped || askMonitor(paths, { op: 'info' }).kind === 'stopped' ? 'stopped' : 'timeout';
}

/** Ends a container whose monitor does not: by the processes' own pids, then the sweep. */
async function killWithoutMonitor(paths: ContainerPaths): Promise<void> {
  if (!killInstance(paths)) throw unresponsive(paths.name);
  await withLock(paths, async () => {
    const deadline = performance.now() + GONE_MS;
    while (!(await sweepDead(paths))) {
      if (performance.now() > deadline)
        throw fail('TLXC_E_TIMEOUT', 'the killed monitor does not go away', paths.name);
      await sleep(10);
    }
  });
}

/**
 * Kills it and waits for its end; false: its monitor did not answer, and was killed with it. Throws TLXC_E_NOT_RUNNING,
 * and TLXC_E_UNRESPONSIVE or TLXC_E_TIMEOUT where it cannot be ended.
 */
export async function killContainer(paths: ContainerPaths): Promise<boolean> {
  try {
    if ((await signalAndFollow(paths, { how: 'kill' }, KILL_MS)) === 'stopped') return true;
  } catch (error) {
    if (!(error instanceof TlxcError) || error.code !== 'TLXC_E_UNRESPONSIVE') throw error;
  }
  await killWithoutMonitor(paths);
  return false;
}
