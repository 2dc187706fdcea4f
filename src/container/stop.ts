/** Stops, kills or reboots a running container. */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SystemConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import { askMonitor, watchMonitor } from '../monitor/client.ts';
import type { Request } from '../monitor/protocol.ts';
import { withLock } from './lock.ts';
import { containerPaths, type ContainerPaths } from './paths.ts';
import { killInstance, sweepDead } from './sweep.ts';
import { unresponsive } from './unresponsive.ts';

export interface StopRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** halt: the halt signal, then a wait; reboot: the reboot signal, then a wait until it runs again; kill: at once. */
  readonly how: 'halt' | 'reboot' | 'kill';
  /** Of a halt or reboot; 0: send the signal and return, -1: wait for ever. */
  readonly timeoutMs: number;
  /** Whether a halt that took too long is followed by a kill. */
  readonly escalate: boolean;
}

/** signal's numbers in the monitor's protocol. */
const SIGNALS = { halt: 0, reboot: -1, kill: -2 } as const;
/** For a killed container's stop hooks and its monitor's cleaning up; one that does not answer at all is not waited for. */
const KILL_MS = 60_000;
/** After the monitor itself was killed: for the kernel to take the processes down. */
const GONE_MS = 2_000;

const fail = (code: 'TLXC_E_NOT_RUNNING' | 'TLXC_E_TIMEOUT', message: string, container: string, hint = '') =>
  new TlxcError({ code, message, container, ...(hint && { hint }) });

const STOPPED = { kind: 'stopped' } as const;

/** Asks the monitor. Throws TLXC_E_NOT_RUNNING or TLXC_E_UNRESPONSIVE. */
function ask(paths: ContainerPaths, request: Request): void {
  const result = existsSync(paths.socket) ? askMonitor(paths, request) : STOPPED;
  if (result.kind === 'stopped') throw fail('TLXC_E_NOT_RUNNING', `${paths.name} is not running`, paths.name);
  if (result.kind === 'unresponsive') throw unresponsive(paths.name);
  if (result.reply.ok) return;
  const message = `the container's monitor refused "${request.op}": ${result.reply.error}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, container: paths.name });
}

const signal = (paths: ContainerPaths, how: StopRequest['how']): void =>
  ask(paths, { op: 'signal', signal: SIGNALS[how] });

type Ending = 'stopped' | 'running-again' | 'timeout';

/** Sends the signal and follows the state changes: until the container has stopped, or (a reboot) runs again. */
async function signalAndFollow(
  paths: ContainerPaths,
  how: StopRequest['how'],
  timeoutMs: number,
): Promise<Ending> {
  ask(paths, { op: 'info' });
  const events = watchMonitor(paths, timeoutMs);
  let stopped = false;
  // In this order: the subscription is made before the signal is sent, or its effect could be missed.
  const first = events.next();
  let [event] = await Promise.all([first, Promise.resolve().then(() => signal(paths, how))]);
  for (; !event.done; event = await events.next()) {
    if (event.value.state === 'RUNNING' && how === 'reboot') {
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

async function kill(paths: ContainerPaths): Promise<void> {
  try {
    if ((await signalAndFollow(paths, 'kill', KILL_MS)) === 'stopped') return;
  } catch (error) {
    if (!(error instanceof TlxcError) || error.code !== 'TLXC_E_UNRESPONSIVE') throw error;
  }
  await killWithoutMonitor(paths);
}

/**
 * Stops, kills or reboots. Throws TLXC_E_NOT_RUNNING when it does not run (or does not exist), TLXC_E_TIMEOUT when the
 * time is over and no kill follows, TLXC_E_UNRESPONSIVE when its monitor does not answer (a kill ends it all the same).
 */
export async function stopContainer(request: StopRequest): Promise<void> {
  const { name, how, timeoutMs, escalate } = request;
  const paths = containerPaths(request.system, request.lxcpath, name);
  if (how === 'kill') return kill(paths);
  if (timeoutMs === 0) {
    signal(paths, how);
    return;
  }
  const ending = await signalAndFollow(paths, how, timeoutMs);
  if (ending === 'running-again' || (ending === 'stopped' && how === 'halt')) return;
  if (ending === 'stopped')
    throw fail('TLXC_E_NOT_RUNNING', 'the container stopped instead of rebooting', name);
  if (how === 'halt' && escalate) return kill(paths);
  const hint = `tlxc-stop -k -n ${name} kills it`;
  throw fail('TLXC_E_TIMEOUT', `the container did not ${how} within ${timeoutMs / 1000} s`, name, hint);
}
