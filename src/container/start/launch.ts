/** Hands a plan to a new tlxc-monitor and listens to it until init runs or the start has failed. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import type { StartMessage } from '../../monitor/protocol.ts';
import { native } from '../../native/binding.ts';
import { nativeFile, nativeRemedy } from '../../package-root.ts';
import { startHooks } from '../../plan/hooks.ts';
import type { StartPlan } from '../../plan/types.ts';
import { startFailure } from './failure.ts';
import { startWarning } from './warning.ts';

/** A container that has been started. */
export interface Started {
  /** In the host's PID namespace. */
  readonly initPid: number;
  readonly monitorPid: number;
}

/** What a start may take beside its hooks, which have deadlines of their own. */
const START_MS = 60_000;
/** CRIU reads memory back from a disk. */
const RESTORE_MS = 660_000;

const deadlineMs = (plan: StartPlan): number =>
  (plan.restore === null ? START_MS : RESTORE_MS) +
  startHooks(plan).reduce((sum, hook) => sum + hook.timeoutMs, 0);

/** The lines of a pipe, until its end. The caller owns the descriptor and closes it afterwards. */
async function* linesOf(fd: number): AsyncGenerator<string> {
  let text = '';
  for (;;) {
    // On the event loop: reading in Node's few threads, four starts at a time would be all that a program can wait for.
    const more = await native().nextEvent({ connection: fd, timeoutMs: -1 });
    if (more === null || more === '') break;
    text += more;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
  if (text !== '') yield text;
}

type Outcome = Extract<StartMessage, { kind: 'running' | 'failed' }> | null;

async function outcomeOf(statusFd: number, warn: (text: string) => void): Promise<Outcome> {
  for await (const line of linesOf(statusFd)) {
    const message = JSON.parse(line) as StartMessage;
    if (message.kind !== 'warning') return message;
    warn(startWarning(message));
  }
  return null;
}

/** What is told of a start, and to whom. */
export interface LaunchCallbacks {
  readonly warn: (text: string) => void;
  /**
   * Makes the container the caller's, who gets a descriptor: when it is closed, in this process and those that have it from
   * this one, the container is killed. So it ends with them, however they end.
   */
  readonly own?: ((owner: number) => void) | undefined;
}

/** A monitor under way: the caller closes both descriptors. */
interface Monitor {
  readonly pid: number;
  readonly pidfd: number;
  /** The pipe that it reports on. */
  readonly statusFd: number;
}

function forget({ pidfd, statusFd }: Monitor, isKept = false): void {
  if (!isKept) native().closeFd(statusFd);
  if (pidfd >= 0) native().closeFd(pidfd);
}

/** Starts the monitor as a process of its own, which reads its plan from planFd. */
function spawn(plan: StartPlan, planFd: number, owned: boolean): Monitor {
  const [statusFd, monitorsEnd] = native().pipe();
  const path = nativeFile('tlxc-monitor');
  const argv = [plan.monitor.title, ...(owned ? ['owned'] : [])];
  const nothing = openSync('/dev/null', 'r+');
  const stdio = [nothing, nothing, nothing] as const;
  const monitor = native().spawnMonitor({ path, argv, planFd, statusFd: monitorsEnd, stdio });
  closeSync(nothing);
  native().closeFd(planFd);
  native().closeFd(monitorsEnd);
  if ('pid' in monitor) return { ...monitor, statusFd };
  native().closeFd(statusFd);
  throw new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: `cannot run ${path}`,
    container: plan.name,
    syscall: monitor.syscall,
    errno: errnoName(monitor.errno),
    path,
    ...(errnoName(monitor.errno) === 'ENOENT' && { hint: nativeRemedy(path).hint }),
  });
}

function spawnWithPlan(plan: StartPlan, owned: boolean): Monitor {
  return spawn(plan, native().memfd({ name: 'tlxc-plan', text: JSON.stringify(plan) }), owned);
}

/** The monitor waits for its plan until it has been prepared; where that fails it ends, without a plan. */
async function spawnPrepared(plan: StartPlan, prepare: Prepare, owned: boolean): Promise<Monitor> {
  const [planFd, ours] = native().pipe();
  try {
    const monitor = spawn(plan, planFd, owned);
    await prepare(monitor.pid).catch((error: unknown) => {
      forget(monitor);
      throw error;
    });
    const bytes = Buffer.from(JSON.stringify(plan));
    for (let written = 0; written < bytes.length;) written += writeSync(ours, bytes, written);
    return monitor;
  } finally {
    native().closeFd(ours);
  }
}

/** What is done to the monitor before it is given its plan. */
export type Prepare = (pid: number) => Promise<void>;

/** The monitor said neither that the container runs nor why it does not. */
function silentEnd(container: string, expiredMs: number | null): TlxcError {
  if (expiredMs === null) {
    const message = 'the monitor died before the container ran';
    return new TlxcError({ code: 'TLXC_E_INTERNAL', message, container });
  }
  const message = `the start did not end within ${expiredMs / 1000} s`;
  return new TlxcError({
    code: 'TLXC_E_TIMEOUT',
    message,
    container,
    hint: 'tlxc-start -F -l TRACE -o FILE writes down which step takes so long',
  });
}

/**
 * Resolves when the container's init has been executed. Throws the start's failure as TlxcError; TLXC_E_TIMEOUT when
 * the monitor says nothing for a minute and what the hooks may take (it is killed then, and the container with it).
 */
export async function launchMonitor(
  plan: StartPlan,
  { warn, own }: LaunchCallbacks,
  prepare: Prepare | null = null,
): Promise<Started> {
  const owned = own !== undefined;
  const monitor = prepare ? await spawnPrepared(plan, prepare, owned) : spawnWithPlan(plan, owned);
  const limit = deadlineMs(plan);
  const expiry = { hasCome: false };
  const timer = setTimeout(() => {
    expiry.hasCome = true;
    native().killProcess(monitor);
  }, limit);
  let runs = false;
  try {
    const outcome = await outcomeOf(monitor.statusFd, warn);
    runs = outcome?.kind === 'running';
    if (outcome?.kind === 'running') return { initPid: outcome.initPid, monitorPid: outcome.monitorPid };
    if (outcome) throw startFailure(plan, outcome);
    throw silentEnd(plan.name, expiry.hasCome ? limit : null);
  } finally {
    clearTimeout(timer);
    forget(monitor, runs && owned);
    if (runs) own?.(monitor.statusFd);
  }
}
