/** The environment of an attached command. */
import type { Environment } from '../environment.ts';

export interface EnvironmentPolicy {
  /**
   * clean (TLXC's default): terminal and locale of the caller, nothing else of it. keep (--keep-env): all of it, as
   * LXC's default. clear (--clear-env): nothing of it.
   */
  readonly base: 'clean' | 'keep' | 'clear';
  /** --keep-var: names taken from the caller besides. */
  readonly keep: readonly string[];
  /** -v: KEY=VALUE, last. */
  readonly set: readonly string[];
  /** The caller's. */
  readonly caller: Environment;
}

/** What LXC gives to a command, or a hook, that has no PATH of its caller's. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const HARMLESS = /^(TERM|COLORTERM|LANG|LANGUAGE|LC_[A-Z]+)$/;

function taken(name: string, { base, keep }: EnvironmentPolicy): boolean {
  return base === 'keep' || keep.includes(name) || (base === 'clean' && HARMLESS.test(name));
}

/** KEY=VALUE, each name once; later sources win: caller, PATH, container=lxc, the container's own, -v. */
export function attachEnvironment(container: readonly string[], policy: EnvironmentPolicy): string[] {
  const result = new Map<string, string>();
  for (const [name, value] of Object.entries(policy.caller)) {
    if (value !== undefined && taken(name, policy)) result.set(name, value);
  }
  if (policy.base !== 'keep' && !result.has('PATH')) result.set('PATH', DEFAULT_PATH);
  result.set('container', 'lxc');
  for (const assignment of [...container, ...policy.set]) {
    const equals = assignment.indexOf('=');
    if (equals > 0) result.set(assignment.slice(0, equals), assignment.slice(equals + 1));
  }
  return [...result].map(([name, value]) => `${name}=${value}`);
}
