/** Asks containers' monitors, each with a deadline: a wedged one delays nobody (protocol.ts is the conversation). */
import { native, type MonitorAnswer } from '../native/binding.ts';
import { TlxcError } from '../errors.ts';
import { errnoName } from '../errno.ts';
import type { Event, Reply, Request } from './protocol.ts';

/** The part of ContainerPaths that a conversation needs. */
export interface MonitorPlace {
  readonly socket: string;
}

export interface AskOptions {
  /** Milliseconds for all monitors together, 200 unless given; those that make progress get up to five seconds more. */
  readonly timeoutMs?: number;
  /** Keep the connection open (watch, console): its descriptor is the caller's to close. */
  readonly keep?: boolean;
}

export type MonitorResult =
  | {
      readonly kind: 'answer';
      readonly reply: Reply;
      /** Received descriptors by the names the reply gives them; the caller closes them. */
      readonly fds: Readonly<Record<string, number>>;
      /** -1 unless keep was asked. */
      readonly connection: number;
    }
  /** Nobody listens: the container does not run. */
  | { readonly kind: 'stopped' }
  /** Something listens and does not answer in time; monitor: what it does instead, where that can be seen. */
  | { readonly kind: 'unresponsive'; readonly monitor?: MonitorStanding };

/** A monitor that does not answer. */
export interface MonitorStanding {
  readonly pid: number;
  /** As proc(5) has it: T is stopped by a signal, t by a debugger, D waits in the kernel. */
  readonly state: string;
}

const DEFAULT_TIMEOUT_MS = 200;
/** Sockets held open at once: far below the usual limit of 1024 descriptors. */
const BATCH = 256;
const GONE = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTDIR']);

/** Asks one monitor. Throws TLXC_E_PERMISSION when its socket may not be used, TLXC_E_SYSCALL on what is unexpected. */
export function askMonitor(place: MonitorPlace, request: Request, options: AskOptions = {}): MonitorResult {
  const [result = { kind: 'stopped' }] = askMonitors([place], request, options);
  return result;
}

/** Asks many monitors the same thing in parallel; results come in the order asked. One deadline for each 256. */
export function askMonitors(
  places: readonly MonitorPlace[],
  request: Request,
  options: AskOptions = {},
): MonitorResult[] {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, keep = false } = options;
  const text = JSON.stringify(request);
  const results: MonitorResult[] = [];
  for (let start = 0; start < places.length; start += BATCH) {
    const batch = places.slice(start, start + BATCH);
    const requests = batch.map(({ socket }) => ({ socket, request: text }));
    const answers = native().exchange({ requests, timeoutMs, keep });
    results.push(...answers.map((answer, index) => interpret(answer, batch[index]?.socket ?? '')));
  }
  return results;
}

/** "T 4711" */
function standingIn(detail: string): { readonly monitor?: MonitorStanding } {
  const [state = '', pid = ''] = detail.split(' ');
  return pid === '' ? {} : { monitor: { pid: Number(pid), state } };
}

function interpret(answer: MonitorAnswer, socket: string): MonitorResult {
  if (answer.failure === null) return named(JSON.parse(answer.reply) as Reply, answer);
  const errno = errnoName(answer.failure.errno);
  if (GONE.has(errno)) return { kind: 'stopped' };
  if (errno === 'ETIMEDOUT') return { kind: 'unresponsive', ...standingIn(answer.failure.detail) };
  const denied = errno === 'EACCES' || errno === 'EPERM';
  throw new TlxcError({
    code: denied ? 'TLXC_E_PERMISSION' : 'TLXC_E_SYSCALL',
    message: `cannot talk to the container's monitor at ${socket}`,
    syscall: answer.failure.syscall,
    errno,
    path: socket,
    ...(denied && { hint: 'run the command as the user who started the container' }),
  });
}

function named(reply: Reply, answer: MonitorAnswer): MonitorResult {
  const fds: Record<string, number> = {};
  answer.fds.forEach((fd, index) => {
    const name = reply.ok ? reply.fds[index] : undefined;
    if (name === undefined) native().closeFd(fd);
    else fds[name] = fd;
  });
  return { kind: 'answer', reply, fds, connection: answer.connection };
}

/** State changes of one container, as eventsOf gives them. */
export async function* watchMonitor(
  place: MonitorPlace,
  timeoutMs = -1,
  signal?: AbortSignal,
): AsyncGenerator<Event, void, undefined> {
  for await (const event of eventsOf(place, timeoutMs, signal)) if (event.health === undefined) yield event;
}

/** Changes of its health, as eventsOf gives them. */
export async function* watchHealth(
  place: MonitorPlace,
  signal: AbortSignal,
): AsyncGenerator<Event, void, undefined> {
  for await (const event of eventsOf(place, -1, signal)) if (event.health !== undefined) yield event;
}

/**
 * Changes of one container's state and health, from now until STOPPED, or until `timeoutMs` (for all of them together; -1: no limit)
 * ran out or `signal` was aborted; ends at once when it does not run. The connection is closed when the loop is left.
 * Throws TLXC_E_UNRESPONSIVE when the monitor does not answer the subscription.
 */
export async function* eventsOf(
  place: MonitorPlace,
  timeoutMs = -1,
  signal?: AbortSignal,
): AsyncGenerator<Event, void, undefined> {
  const deadline = performance.now() + timeoutMs;
  const result = askMonitor(place, { op: 'watch' }, { keep: true });
  if (result.kind === 'stopped') return;
  if (result.kind === 'unresponsive' || !result.reply.ok) {
    if (result.kind === 'answer') native().closeFd(result.connection);
    throw new TlxcError({
      code: 'TLXC_E_UNRESPONSIVE',
      message: `the container's monitor at ${place.socket} does not answer`,
      path: place.socket,
      hint: 'try again: the machine may be busy (uptime); tlxc-stop -k kills it and the container',
    });
  }
  const { connection } = result;
  const stop = (): void => native().stopWaiting({ connection });
  signal?.addEventListener('abort', stop);
  try {
    while (!signal?.aborted) {
      const leftMs = timeoutMs < 0 ? -1 : Math.max(0, Math.ceil(deadline - performance.now()));
      const text = await native().nextEvent({ connection, timeoutMs: leftMs });
      if (text === null || text === '') return;
      yield JSON.parse(text) as Event;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
    native().closeFd(connection);
  }
}
