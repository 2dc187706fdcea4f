/** Control groups: which controllers there are, and whether the caller may make groups. */
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { CgroupMount, HostFacts } from '../facts.ts';
import { fine, problem, warning, type Finding } from '../finding.ts';
import { readLine } from './read.ts';

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

/** The caller's own group of the unified hierarchy: where a user's service manager may have given it rights. */
function ownGroup({ mountPoint }: CgroupMount): string {
  const line = readLine('/proc/self/cgroup')
    .split('\n')
    .find((text) => text.startsWith('0::'));
  return join(mountPoint, line?.slice('0::'.length) ?? '');
}

const DELEGATE =
  'give users their controllers: systemctl edit user@.service, and write "[Service]" and "Delegate=cpu cpuset io memory pids"; then log in anew';

function userGroup(mounts: readonly CgroupMount[]): Finding {
  const unified = mounts.find(({ version }) => version === 2);
  if (unified && writable(join(ownGroup(unified), 'cgroup.procs'))) {
    return fine('delegation', `the group ${ownGroup(unified)} may be written`);
  }
  return warning(
    'delegation',
    'no control group may be written by this user: containers run, without limits',
    DELEGATE,
  );
}

export function cgroupFindings({ cgroups, cgroupLayout, uid }: HostFacts): Finding[] {
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
  if (uid !== 0) return [layout, userGroup(cgroups)];
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
