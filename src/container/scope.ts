/**
 * A control group of its own for the container of a plain user: a scope that the user's systemd makes and delegates, on
 * hosts with cgroup v2 alone. The monitor is put into it before it is given its plan, so all it makes is born there.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '../environment.ts';
import { TlxcError } from '../errors.ts';
import type { HostFacts } from '../host/facts.ts';
import { attachToUnit, hasUserManager, managerGroup, SCOPES, startScope } from '../host/user-manager.ts';
import type { MonitorInfo } from '../monitor/protocol.ts';
import { randomHex } from '../random.ts';

export interface Scope {
  /** The facts as they will be for who is in it. */
  readonly host: HostFacts;
  /** Makes it around a process. Throws TLXC_E_SYSCALL, TLXC_E_TIMEOUT. */
  readonly take: (pid: number) => Promise<void>;
}

const PATIENCE_MS = 5_000;

const groupOf = (pid: number | 'self'): string =>
  /^0::(.*)$/m.exec(readFileSync(`/proc/${pid}/cgroup`, 'utf8'))?.[1] ?? '';

/** null for root, on other hosts, and where no systemd of the user's answers. */
export function scopeFor(name: string, host: HostFacts, environment: Environment): Scope | null {
  const mount = host.cgroups.find(({ version }) => version === 2);
  if (host.user === null || host.cgroupLayout !== 'v2' || !mount || !hasUserManager(environment)) return null;
  let manager: string;
  try {
    manager = managerGroup(environment);
  } catch {
    return null; // a bus without a systemd on it: what then follows says that no group is delegated
  }
  const unit = `tlxc-${name}-${randomHex(4)}.scope`;
  const group = join(manager, SCOPES, unit).slice(1);
  const handedDown = readFileSync(join(mount.mountPoint, manager, 'cgroup.controllers'), 'utf8');
  const controllers = handedDown.split(/\s+/).filter(Boolean);
  const user = { ...host.user, cgroups: { [mount.mountPoint]: { group, controllers } } };
  // Of the other facts none is read for this.
  return {
    host: Object.create(host, { user: { value: user, enumerable: true } }) as HostFacts,
    take: (pid) => take(environment, unit, pid),
  };
}

async function take(environment: Environment, unit: string, pid: number): Promise<void> {
  startScope(environment, unit, pid);
  const deadline = performance.now() + PATIENCE_MS;
  while (!groupOf(pid).endsWith(`/${unit}`)) {
    if (performance.now() > deadline)
      throw new TlxcError({
        code: 'TLXC_E_TIMEOUT',
        message: `the user's systemd has not put the container into ${unit} within ${PATIENCE_MS / 1000} s`,
        hint: `see systemctl --user list-jobs: while tlxc.service is being stopped no container starts; else systemctl --user status ${unit}`,
      });
    await sleep(5);
  }
}

/** Where commands that attach wait, in a container's scope. */
const ATTACH = '/tlxc/.attach';

/**
 * Moves this process into the container's scope, where it is not: from a login session no user may move a process there,
 * and one born outside cannot be. Throws TLXC_E_SYSCALL.
 */
export function enterScope(info: MonitorInfo, environment: Environment): void {
  const place = info.cgroups.find(({ version }) => version === 2);
  const [scope, unit] = /^.*\/(tlxc-[^/]+\.scope)(?=\/)/.exec(`/${place?.innerGroup ?? ''}`) ?? [];
  if (!place || scope === undefined || unit === undefined || groupOf('self').startsWith(`${scope}/`)) return;
  mkdirSync(join(place.mountPoint, scope, ATTACH), { recursive: true });
  attachToUnit(environment, unit, ATTACH, process.pid);
}
