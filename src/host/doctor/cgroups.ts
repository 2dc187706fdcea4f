/** Control groups: which controllers there are, and whether the caller may make groups. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { HostFacts, UserFacts } from '../facts.ts';
import { fine, problem, warning, type Finding } from '../finding.ts';
import { hasUserManager } from '../user-manager.ts';
import type { Environment } from '../../environment.ts';

/** Those that a container's usual limits need. */
const USUAL = ['memory', 'pids', 'cpu', 'cpuset', 'devices', 'freezer'];
/** Parts of the unified hierarchy itself: no controllers there. */
const BUILT_IN = new Set(['devices', 'freezer']);

function writable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const DELEGATE =
  'give users their controllers: systemctl edit user@.service, and write "[Service]" and "Delegate=cpu cpuset io memory pids"; then log in anew';
/** Whatever Delegate= says, systemd gives no user a controller of cgroup v1. */
const UNIFY =
  "systemd delegates controllers of cgroup v2 only: start the host with systemd.unified_cgroup_hierarchy=1 on the kernel's command line";

/** Groups that the user may make: below those that a service manager, or an administrator, gave them. */
function delegation({ cgroups }: UserFacts, layout: HostFacts['cgroupLayout'], asked: boolean): Finding {
  if (asked) return fine('delegation', 'a scope for each container, by the systemd of this user');
  const places = Object.entries(cgroups).map(([mountPoint, { group }]) => join(mountPoint, group));
  if (places.length > 0) return fine('delegation', `groups may be made below ${places.join(', ')}`);
  return warning(
    'delegation',
    'no control group may be written by this user: containers run, without limits',
    layout === 'v2' ? DELEGATE : UNIFY,
  );
}

export function cgroupFindings(
  { cgroups, cgroupLayout, user }: HostFacts,
  environment: Environment,
): Finding[] {
  if (cgroups.length === 0) {
    return [
      problem('cgroups', 'no hierarchy is mounted', 'mount -t cgroup2 none /sys/fs/cgroup (systemd does it)'),
    ];
  }
  const known = new Set(cgroups.flatMap(({ controllers }) => controllers));
  const builtIn = (name: string): boolean => cgroupLayout === 'v2' && BUILT_IN.has(name);
  const missing = USUAL.filter((name) => !known.has(name) && !builtIn(name));
  const found = `${cgroupLayout}: ${[...known].sort().join(' ')}`;
  const layout =
    missing.length === 0
      ? fine('cgroups', found)
      : warning(
          'cgroups',
          `${found}; no ${missing.join(', ')}: its limits do nothing`,
          `enable it on the kernel's command line (cgroup_enable=${missing[0] ?? ''}), or in its configuration: tlxc-checkconfig`,
        );
  if (user !== null)
    return [layout, delegation(user, cgroupLayout, cgroupLayout === 'v2' && hasUserManager(environment))];
  const closed = cgroups.filter(({ mountPoint }) => !writable(mountPoint));
  if (closed.length === 0) return [layout];
  const places = closed.map(({ mountPoint }) => mountPoint);
  return [
    layout,
    problem(
      'cgroups',
      `not writable: ${places.join(' ')}`,
      places.map((place) => `mount -o remount,rw ${place}`).join(' && '),
    ),
  ];
}
