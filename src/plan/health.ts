/** tlxc.health.*: the command that says whether what runs in the container is well, and how often it is asked. */
import { attachEnvironment } from './attach-environment.ts';
import { LEAF } from './attach.ts';
import { withoutCredentials } from './credentials.ts';
import { originOf, type Compilation } from './input.ts';
import type { StartPlan } from './types.ts';

/** Until it is well for the first time somebody may be waiting for that. */
const START_INTERVAL_MS = 1000;
/** What systemd gives a service to stop is 90 s: a service that hangs has shown already that it does not answer. */
const HALT_MS = 30_000;

/** As whom: what runs in the container as no root is not asked by root either. */
const identity = (
  { uid, gid, groups }: StartPlan['init'],
  user: string | undefined,
): Pick<NonNullable<StartPlan['health']>, 'uid' | 'gid' | 'groups' | 'user'> =>
  user === undefined ? { uid, gid, groups, user: '' } : { uid: 0, gid: 0, groups: [], user };

/** init: whose environment is every command's that comes into the container. */
export function compileHealth(
  { config, options }: Compilation,
  init: StartPlan['init'],
): StartPlan['health'] {
  const { command, user, interval, timeout, retries, startPeriod, restart } = config.health;
  if (command === undefined) return null;
  const own = withoutCredentials(init.environment);
  return {
    argv: ['/bin/sh', '-c', command.value],
    ...identity(init, user),
    environment: attachEnvironment(own, { base: 'clear', keep: [], set: [], caller: {} }),
    enter: options.enterProgram ?? '',
    leaf: LEAF,
    intervalMs: interval * 1000,
    startIntervalMs: Math.min(START_INTERVAL_MS, interval * 1000),
    startPeriodMs: startPeriod * 1000,
    timeoutMs: timeout * 1000,
    retries,
    // What nobody would start again (in the foreground) goes on.
    endsUnhealthy: restart && (options.restart ?? null) !== null,
    haltMs: HALT_MS,
    origin: originOf(command.at),
  };
}
