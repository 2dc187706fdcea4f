/** Waits until a running container is as far as somebody needs it, or has ended before. */
import { askMonitor, watchMonitor } from '../../monitor/client.ts';
import type { Event } from '../../monitor/protocol.ts';
import { native } from '../../native/binding.ts';
import { unresponsive } from '../unresponsive.ts';
import { waitForAddress } from './address.ts';
import { waitForBoot } from './booted.ts';
import { waitForCommand } from './command.ts';
import { conditionText, type Condition } from './condition.ts';
import { waitForHealth } from './health.ts';
import { ended, expired } from './outcome.ts';
import { waitForPort } from './port.ts';
import type { Target } from './target.ts';

export interface ConditionWait extends Pick<Target, 'paths' | 'caller'> {
  /** All of them. */
  readonly conditions: readonly Condition[];
  /** Milliseconds; -1: for ever. */
  readonly timeoutMs: number;
  /** What the person said, where part of it is over already. */
  readonly askedMs?: number;
  /** The option by which a person waits longer. */
  readonly longer?: string;
  readonly warn?: (text: string) => void;
  /** Ends the wait, which throws its reason then. */
  readonly signal?: AbortSignal;
}

/** How long a container is waited for unless something else is said: what systemd gives a unit. */
export const DEFAULT_WAIT_MS = 90_000;

function reach(condition: Condition, target: Target): Promise<void> {
  switch (condition.kind) {
    case 'ready':
      return waitForBoot(target);
    case 'healthy':
      return waitForHealth(target);
    case 'ip':
    case 'ip4':
    case 'ip6':
      return waitForAddress(target, condition.kind);
    case 'port':
      return waitForPort(target, condition.port);
    case 'exec':
      return waitForCommand(target, condition.command);
    default:
      return Promise.resolve();
  }
}

/** What is still missing, by the words of its condition: what was seen of it last. */
export type Missing = ReadonlyMap<string, string>;

class Wait {
  readonly #request: ConditionWait;
  readonly #missing = new Map<string, string>();

  constructor(request: ConditionWait) {
    this.#request = request;
    for (const each of request.conditions) this.#missing.set(conditionText(each), 'it was not looked at');
  }

  get missing(): Missing {
    return this.#missing;
  }

  /** Resolves once all conditions hold for this init, or when `signal` is aborted. */
  async reachAll(signal: AbortSignal): Promise<void> {
    const { paths, caller, conditions, warn = () => undefined } = this.#request;
    const result = askMonitor(paths, { op: 'attach' });
    if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
    // It has just ended: who follows its life tells.
    if (result.kind === 'stopped' || !result.reply.ok) return new Promise(() => undefined);
    const { fds } = result;
    const base = { paths, caller, warn, signal };
    try {
      await Promise.all(
        conditions.map(async (condition) => {
          const text = conditionText(condition);
          const note = (seen: string): void => void this.#missing.set(text, seen);
          await reach(condition, { ...base, initPidfd: fds['initPidfd'] ?? -1, note });
          if (!signal.aborted) this.#missing.delete(text);
        }),
      );
    } finally {
      for (const fd of Object.values(fds)) native().closeFd(fd);
    }
  }
}

/** Resolves with how it ended; meanwhile calls `again` each time that it runs anew. */
async function follow(
  { paths }: ConditionWait,
  signal: AbortSignal,
  again: () => void,
): Promise<Event | undefined> {
  let last: Event | undefined;
  for await (const event of watchMonitor(paths, -1, signal)) {
    if (event.state === 'RUNNING') again();
    if (event.state === 'STOPPING' || event.state === 'STOPPED') last = event;
  }
  return last;
}

function timeLimit(timeoutMs: number, signal: AbortSignal): Promise<'expired'> {
  return new Promise((resolve) => {
    if (timeoutMs < 0) return;
    const timer = setTimeout(() => resolve('expired'), timeoutMs);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

/**
 * Resolves once each condition was found to hold. Throws TLXC_E_TIMEOUT with what is missing when the time is over,
 * TLXC_E_NOT_RUNNING with the reason as soon as the container has ended, TLXC_E_UNRESPONSIVE. A reboot of the container
 * begins the wait anew, within the same time.
 */
export async function waitForConditions(request: ConditionWait): Promise<void> {
  const { timeoutMs, signal } = request;
  const whole = new AbortController();
  let incarnation = new AbortController();
  const wait = new Wait(request);
  const stop = (): void => whole.abort();
  signal?.addEventListener('abort', stop);
  try {
    await new Promise<void>((resolve, reject) => {
      const begin = (): void => {
        incarnation.abort();
        const { signal: ours } = (incarnation = new AbortController());
        wait.reachAll(ours).then(() => ours.aborted || resolve(), reject);
      };
      timeLimit(timeoutMs, whole.signal)
        .then(() => expired(request, wait.missing))
        .then(reject, reject);
      follow(request, whole.signal, begin)
        .then((how) => (whole.signal.aborted ? (signal?.reason as Error) : ended(request, how)))
        .then(reject, reject);
      if (signal?.aborted) stop();
      else begin();
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    incarnation.abort();
    whole.abort();
  }
}
