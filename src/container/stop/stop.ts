/** Stops, kills or reboots a running container. */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadContainerConfig } from '../../config/load.ts';
import type { SystemConfig } from '../../config/model.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { GONE_HINT } from '../ephemeral.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { destroyContainer } from '../remove/destroy.ts';
import { ignoresHalt } from './deaf-init.ts';
import { killContainer, signal, signalAndFollow, type Ending, type How, type Order } from '../kill.ts';
import { lingering, tellLingering } from './lingering.ts';
import { isStopped } from '../not-running.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { cancelRestart } from '../restart.ts';
import { sweepStopped } from '../sweep.ts';

export interface StopRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** halt: the halt signal, then a wait; reboot: the reboot signal, then a wait until it runs again; kill: at once. */
  readonly how: How;
  /** Of a halt or reboot; 0: send the signal and return, -1: wait for ever. */
  readonly timeoutMs: number;
  /** Whether a halt that took too long is followed by a kill. */
  readonly escalate: boolean;
  /** Whose lxc.signal.halt and .reboot are sent, where it has them, instead of those it was started with. */
  readonly configFile?: string | undefined;
  /** The caller's, for what is run at the end of an ephemeral container whose monitor was killed. */
  readonly environment: Environment;
  /** Something a person should know while it is waited for. */
  readonly warn?: (text: string) => void;
  /** What is waited for just now, in the container's own words; told now and then. */
  readonly onLingering?: (what: string) => void;
}

/** Not, where the configuration cannot be read: it has been stopped, which is what was asked for. */
function isEphemeral({ name, lxcpath, environment }: StopRequest, { config }: ContainerPaths): boolean {
  try {
    return loadContainerConfig({ name, lxcpath, configFile: config, environment }).ephemeral !== undefined;
  } catch (error) {
    if (error instanceof TlxcError) return false;
    throw error;
  }
}

async function kill(request: StopRequest, paths: ContainerPaths): Promise<void> {
  if (await killContainer(paths)) return;
  // Its monitor, which sees to that otherwise, saw no end.
  if (!isEphemeral(request, paths)) return;
  const warn = () => undefined;
  await destroyContainer({ ...request, warn, force: false, snapshots: false });
}

function infoOf(paths: ContainerPaths): MonitorInfo | null {
  const result = askMonitor(paths, { op: 'info' });
  return result.kind === 'answer' && result.reply.ok ? (result.reply as unknown as MonitorInfo) : null;
}

/** Of one that may have ended meanwhile, as it was asked to. */
async function killLate(request: StopRequest, paths: ContainerPaths): Promise<void> {
  try {
    await kill(request, paths);
  } catch (error) {
    if (!isStopped(error)) throw error;
  }
}

const isFrozen = (paths: ContainerPaths): boolean => infoOf(paths)?.state === 'FROZEN';

const LOOK_MS = 100;

/**
 * Waits for a command that keeps the container frozen (a snapshot): it could not act on a signal, and would be killed for
 * that. One that takes longer than the stop may is ended, which thaws the container at once.
 */
async function waitForHolder({ timeoutMs, warn }: StopRequest, paths: ContainerPaths): Promise<void> {
  const holder = infoOf(paths)?.holder ?? 0;
  if (holder === 0) return;
  warn?.(`process ${holder} needs it frozen, and is waited for`);
  const end = performance.now() + (timeoutMs < 0 ? Infinity : timeoutMs);
  while (infoOf(paths)?.holder === holder) {
    if (performance.now() > end) {
      warn?.(`process ${holder}, which keeps it frozen, is ended`);
      endProcess(holder);
      return;
    }
    await sleep(LOOK_MS);
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The number that another configuration file has for it. Throws TLXC_E_CONFIG. */
function signalOf({ name, lxcpath, configFile, environment, how }: StopRequest): number | undefined {
  if (configFile === undefined) return undefined;
  const { signals } = loadContainerConfig({ name, lxcpath, configFile, environment });
  return how === 'kill' ? undefined : signals[how]?.value;
}

async function haltOrReboot(request: StopRequest, paths: ContainerPaths, order: Order): Promise<Ending> {
  const { environment, timeoutMs, onLingering } = request;
  const end = onLingering ? tellLingering({ paths, environment }, onLingering) : () => undefined;
  try {
    return await signalAndFollow(paths, order, timeoutMs);
  } finally {
    end();
  }
}

/** The time is over: what it was that took so long, which nobody can find out after the kill. */
async function warnOfLingering(request: StopRequest, paths: ContainerPaths): Promise<void> {
  const { name, timeoutMs, escalate, how, warn, environment } = request;
  // Of one that is frozen it has been said.
  if (!warn || isFrozen(paths)) return;
  const what = await lingering({ paths, environment });
  const killed = how === 'halt' && escalate ? `; ${name} is killed` : '';
  if (what !== '') warn(`not ended in ${timeoutMs / 1000} s: ${what}${killed}`);
}

const stoppedInstead = (container: string, wasEphemeral: boolean): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_NOT_RUNNING',
    message: 'the container stopped instead of rebooting',
    container,
    ...(wasEphemeral && { hint: GONE_HINT }),
  });

function tooLong({ name, how, timeoutMs }: StopRequest, paths: ContainerPaths): TlxcError {
  return new TlxcError({
    code: 'TLXC_E_TIMEOUT',
    message: `the container did not ${how} within ${timeoutMs / 1000} s`,
    container: name,
    hint: isFrozen(paths)
      ? `it is frozen: tlxc-unfreeze -n ${name} lets it act on the signal, tlxc-stop -k -n ${name} kills it`
      : `tlxc-stop -k -n ${name} kills it`,
  });
}

async function stopRunning(request: StopRequest, paths: ContainerPaths, order: Order): Promise<void> {
  const { name, how, timeoutMs, escalate } = request;
  if (how === 'kill') return kill(request, paths);
  if (timeoutMs === 0) {
    signal(paths, order);
    return;
  }
  await waitForHolder(request, paths);
  // Later there may be no configuration that says so.
  const wasEphemeral = how === 'reboot' && isEphemeral(request, paths);
  // As LXC does, it is left frozen: somebody may count on that until the kill.
  if (isFrozen(paths)) request.warn?.(`it is frozen and sees no signal before tlxc-unfreeze -n ${name}`);
  // Nothing would come of waiting.
  if (how === 'halt' && escalate && ignoresHalt(paths, request)) return kill(request, paths);
  const ending = await haltOrReboot(request, paths, order);
  if (ending === 'running-again' || (ending === 'stopped' && how === 'halt')) return;
  if (ending === 'stopped') throw stoppedInstead(name, wasEphemeral);
  await warnOfLingering(request, paths);
  if (how === 'halt' && escalate) return killLate(request, paths);
  throw tooLong(request, paths);
}

/**
 * Stops, kills or reboots; one that waits to be started again (tlxc.restart) stays stopped. Throws TLXC_E_NOT_RUNNING when it
 * does not run (or does not exist), TLXC_E_TIMEOUT when the time is over and no kill follows, TLXC_E_UNRESPONSIVE when its
 * monitor does not answer (a kill ends it all the same).
 */
export async function stopContainer(request: StopRequest): Promise<void> {
  const paths = containerPaths(request.system, request.lxcpath, request.name);
  const order = { how: request.how, number: signalOf(request) };
  await sweepStopped(paths);
  if (request.how !== 'reboot' && (await cancelRestart(paths))) return;
  await stopRunning(request, paths, order);
}
