/** What a start can be told to wait for, as a person and a program write it. */
import { BadValue } from '../../config/key.ts';
import { waitConditions, type Condition } from '../../config/values/readiness.ts';
import { usageError } from '../../errors.ts';

export { conditionText, type Condition } from '../../config/values/readiness.ts';

/**
 * running: init has been executed. ready: init has finished booting. ip: an address by which it reaches
 * beyond its network and is reached: of IPv4, or of IPv6 and not of a local network alone (fc00::/7). ip4, ip6: one of that
 * family, also such a one. healthy: tlxc.health.command has exited 0. exec:CMD: the
 * shell command exits 0 in the container. port:N: something listens on TCP port N there.
 */
export type WaitCondition =
  'running' | 'ready' | 'healthy' | 'ip' | 'ip4' | 'ip6' | `exec:${string}` | `port:${number}`;

/** Each text is a condition or a list of them, as waitConditions reads it. Throws TLXC_E_USAGE. */
export function parseConditions(texts: readonly string[]): Condition[] {
  try {
    return texts.flatMap(waitConditions);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw usageError(
      error.message,
      'what can be waited for is running, ready, healthy, ip, ip4, ip6, port:N (TCP) and exec:COMMAND, several parted by commas',
    );
  }
}
