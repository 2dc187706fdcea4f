/** Where this host mounts its control groups, from the text of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
import type { CgroupMount, HostFacts } from './facts.ts';

/** Super options of a v1 hierarchy that are not controllers. */
const NOT_CONTROLLERS = new Set([
  'rw',
  'ro',
  'xattr',
  'clone_children',
  'cpuset_v2_mode',
  'noprefix',
  'none',
]);

/** mountinfo writes blank, tab, newline and backslash as octal escapes. */
const unescape = (path: string) =>
  path.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/**
 * The hierarchies in mount order, each once (its first mount). readControllers gives the text of
 * MOUNTPOINT/cgroup.controllers of a v2 tree.
 */
export function parseCgroupMounts(
  mountinfo: string,
  readControllers: (mountPoint: string) => string,
): readonly CgroupMount[] {
  const found = new Map<string, CgroupMount>();
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    const [fstype, , superOptions] = right?.split(' ') ?? [];
    if (fstype !== 'cgroup' && fstype !== 'cgroup2') continue;
    const mountPoint = unescape(left?.split(' ')[4] ?? '');
    const mount = fstype === 'cgroup2' ? v2(mountPoint, readControllers) : v1(mountPoint, superOptions ?? '');
    const key = mount.version === 2 ? 'v2' : mount.controllers.join(',');
    if (key !== '' && !found.has(key)) found.set(key, mount);
  }
  return [...found.values()];
}

function v2(mountPoint: string, readControllers: (mountPoint: string) => string): CgroupMount {
  const controllers = readControllers(mountPoint).split(/\s+/).filter(Boolean);
  return { version: 2, mountPoint, controllers };
}

function v1(mountPoint: string, superOptions: string): CgroupMount {
  const controllers = superOptions
    .split(',')
    .filter((word) => !NOT_CONTROLLERS.has(word) && !word.startsWith('release_agent='));
  return { version: 1, mountPoint, controllers };
}

/** Only named v1 hierarchies (name=systemd) beside v2 still count as hybrid: they must be joined too. */
export function cgroupLayout(mounts: readonly CgroupMount[]): HostFacts['cgroupLayout'] {
  const v1Mounted = mounts.some((mount) => mount.version === 1);
  const v2Mounted = mounts.some((mount) => mount.version === 2);
  if (v1Mounted && v2Mounted) return 'hybrid';
  return v1Mounted ? 'v1' : 'v2';
}
