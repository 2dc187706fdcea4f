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

/** What parseCgroupMounts reads. */
export interface CgroupTexts {
  /** /proc/self/mountinfo */
  readonly mountinfo: string;
  /** /proc/self/cgroup (cgroups(7)) */
  readonly membership: string;
  /** The text of MOUNTPOINT/cgroup.controllers of a v2 tree. */
  readonly controllersOf: (mountPoint: string) => string;
}

/** The hierarchies in mount order, each once (its first mount). */
export function parseCgroupMounts(texts: CgroupTexts): readonly CgroupMount[] {
  const groups = memberships(texts.membership);
  const lines = mountLines(texts.mountinfo);
  const found = new Map<string, CgroupMount>();
  for (const { version, mountPoint, v1Names } of lines) {
    const key = version === 2 ? V2 : v1Names.join(',');
    if (found.has(key) || (version === 1 && key === '')) continue;
    const controllers = version === 2 ? words(texts.controllersOf(mountPoint), /\s+/) : v1Names;
    // What is mounted over it is what its path leads to.
    const root = lines.findLast((line) => line.mountPoint === mountPoint)?.root ?? '/';
    found.set(key, { version, mountPoint, controllers, ownGroup: below(root, groups.get(key) ?? '') });
  }
  return [...found.values()];
}

interface MountLine {
  readonly version: 1 | 2;
  /** What of the hierarchy is mounted: a group's path. */
  readonly root: string;
  readonly mountPoint: string;
  readonly v1Names: readonly string[];
}

function mountLines(mountinfo: string): MountLine[] {
  return mountinfo.split('\n').flatMap((line): MountLine[] => {
    const [left = '', right = ''] = line.split(' - ');
    const [fstype = '', , superOptions = ''] = right.split(' ');
    if (!/^cgroup2?$/.test(fstype)) return [];
    const [root = '/', mountPoint = ''] = left.split(' ').slice(3, 5).map(unescape);
    const v1Names = words(superOptions, /,/).filter(isController);
    return [{ version: fstype === 'cgroup2' ? 2 : 1, root, mountPoint, v1Names }];
  });
}

/** What /proc/self/cgroup writes in place of v2's controllers. */
const V2 = '';

const words = (text: string, separator: RegExp) => text.split(separator).filter(Boolean);

const isController = (word: string) => !NOT_CONTROLLERS.has(word) && !word.startsWith('release_agent=');

/** "4:cpu,cpuacct:/a": the group by the controllers. */
function memberships(text: string): ReadonlyMap<string, string> {
  const lines = [...text.matchAll(/^\d+:([^:\n]*):(.*)$/gm)];
  return new Map(lines.map(([, controllers = '', group = '']) => [controllers, group]));
}

/** The group as seen from a mount of root: "" also where it lies elsewhere. */
function below(root: string, group: string): string {
  const prefix = root === '/' ? '' : root;
  return group.startsWith(`${prefix}/`) && !group.startsWith('/..') ? group.slice(prefix.length + 1) : '';
}

/** Only named v1 hierarchies (name=systemd) beside v2 still count as hybrid: they must be joined too. */
export function cgroupLayout(mounts: readonly CgroupMount[]): HostFacts['cgroupLayout'] {
  const v1Mounted = mounts.some((mount) => mount.version === 1);
  const v2Mounted = mounts.some((mount) => mount.version === 2);
  if (v1Mounted && v2Mounted) return 'hybrid';
  return v1Mounted ? 'v1' : 'v2';
}
