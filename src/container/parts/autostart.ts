/** The containers of a store that go with the host, as a program starts and stops them. */
import type { TlxcError } from '../../errors.ts';
import {
  autostart as perform,
  planAutostart as planFor,
  type AutostartRequest,
} from '../autostart/autostart.ts';
import { parseConditions, type WaitCondition } from '../readiness/condition.ts';
import type { AutostartAction } from '../autostart/order.ts';
import { milliseconds } from '../milliseconds.ts';
import { placeOf, type StoreOptions } from './place.ts';

/** Which containers, and what is done to them (tlxc-autostart). */
export interface AutostartOptions extends StoreOptions {
  /** Default: start. */
  readonly action?: AutostartAction;
  /** Members of these, one group after the other; '': those of none, which is the default. */
  readonly groups?: readonly string[];
  /** Of all groups and of none. */
  readonly all?: boolean;
  /** Also those without lxc.start.auto. */
  readonly ignoreAuto?: boolean;
  /** Milliseconds of a shutdown, after which it is killed, or of a reboot; 60,000 unless given. */
  readonly timeoutMs?: number;
  /** What each that is started is waited for; those that come after it start then. */
  readonly wait?: WaitCondition | readonly WaitCondition[];
  /** Milliseconds, also of tlxc.start.ready; 90,000 unless given. */
  readonly waitTimeoutMs?: number;
  /** Something a person should know that stopped nothing, and of which container. */
  readonly warn?: (text: string, name: string) => void;
}

/** What became of one container. */
export interface AutostartOutcome {
  readonly name: string;
  /** null: it is as it was wanted. */
  readonly error: TlxcError | null;
  /** How long that took; null where it was not even tried. */
  readonly milliseconds: number | null;
}

/** What an autostart would do. */
export interface AutostartOrder {
  /** Names; those of one list are begun at the same time, when all of the list before are done. */
  readonly phases: readonly (readonly string[])[];
  /** Those that cannot be looked at, or whose tlxc.start.after cannot be done. */
  readonly failures: readonly { readonly name: string; readonly error: TlxcError }[];
}

function requestOf(options: AutostartOptions): AutostartRequest {
  const { action = 'start', groups = [''], all = false, ignoreAuto = false } = options;
  const timeoutMs = milliseconds('timeoutMs', options.timeoutMs ?? 60_000);
  const { wait } = options;
  const waitTimeoutMs =
    options.waitTimeoutMs === undefined ? undefined : milliseconds('waitTimeoutMs', options.waitTimeoutMs);
  const waiting = wait !== undefined && {
    conditions: parseConditions([wait].flat()),
    ...(waitTimeoutMs !== undefined && { timeoutMs: waitTimeoutMs }),
  };
  return {
    ...placeOf(options),
    ...{ action, groups, all, ignoreAuto, timeoutMs },
    ...(waiting ? { wait: waiting } : waitTimeoutMs !== undefined && { readyTimeoutMs: waitTimeoutMs }),
  };
}

/** Which containers an autostart is about, in its order; only those that are not yet as it wants them. Changes nothing. */
export function autostartOrder(options: AutostartOptions = {}): AutostartOrder {
  const { phases, failures } = planFor(requestOf(options));
  return { phases: phases.map((phase) => phase.map(({ name }) => name)), failures };
}

/**
 * Starts the containers that have lxc.start.auto, in order; or reboots, stops or kills them. One that fails keeps nobody from
 * being started but those that need it: the outcomes tell. Throws only TLXC_E_CONFIG for settings that are wrong.
 */
export async function autostart(options: AutostartOptions = {}): Promise<readonly AutostartOutcome[]> {
  const { warn = () => undefined } = options;
  const request = requestOf(options);
  const plan = planFor(request);
  const outcomes: AutostartOutcome[] = plan.failures.map((failure) => ({ ...failure, milliseconds: null }));
  for (const { name, text } of plan.warnings) warn(text, name);
  await perform(plan, request, {
    warn,
    done: (name, milliseconds) => void outcomes.push({ name, error: null, milliseconds }),
    failed: (name, error) => void outcomes.push({ name, error, milliseconds: null }),
  });
  return outcomes;
}
