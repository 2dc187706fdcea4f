/** --wait and --wait-timeout of the commands that start containers. */
import { parseConditions, type Condition } from '../container/readiness/condition.ts';
import type { Invocation } from './command.ts';
import type { OptionSpec } from './options.ts';
import { secondsArgument } from './seconds.ts';
import { usageError } from './usage.ts';

/** What can be waited for, in the help of an option. */
export const CONDITIONS =
  'is running, ready (init has booted), healthy, has an ip\n(ip4, ip6), port:N is listened on, exec:COMMAND exits 0; several parted by commas';

export const WAIT_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--wait <CONDITION>',
    description: `Return when it ${CONDITIONS}`,
    repeat: true,
  },
  {
    flags: '--wait-timeout <SECONDS>',
    description: 'Exit 1 when that has not come after so many seconds (90; -1: never)',
  },
];

export interface WaitArguments {
  readonly conditions: readonly Condition[];
  /** Not given: the usual one. */
  readonly timeoutMs?: number;
}

/** null where nothing is to be waited for. Throws TLXC_E_USAGE. */
export function waitArguments({ options }: Invocation): WaitArguments | null {
  const { wait, waitTimeout } = options as { wait?: readonly string[]; waitTimeout?: string };
  const timeout =
    waitTimeout === undefined ? {} : { timeoutMs: secondsArgument(waitTimeout, '--wait-timeout') };
  if (wait !== undefined) return { conditions: parseConditions(wait), ...timeout };
  if (waitTimeout === undefined) return null;
  const hint = '--wait=ready, for instance, is what it is the time of';
  throw usageError('--wait-timeout without --wait', hint);
}
