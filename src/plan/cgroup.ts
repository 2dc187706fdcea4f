/**
 * The container's place in every cgroup hierarchy of the host: an outer group with the limits, which the container
 * cannot write, and in it an inner one that is the root of its cgroup namespace. So no limit is lifted from inside.
 */
import type { CgroupMount } from '../host/facts.ts';
import { compileSettings, filesNotHandedDown, handedDown } from './cgroup-settings.ts';
import { deviceEntries, parseDeviceRules } from './device-rules.ts';
import { startRules } from './devices.ts';
import { givenRules } from './given-devices.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { CgroupHierarchy, StartPlan } from './types.ts';
import { delegatedHierarchies, withDelegatedLimits } from './user-cgroups.ts';

const INNER = 'ns';
/** Where all monitors are, and where those end that had a group of their own; it hands no controllers down, so it always takes a process. */
const MONITORS = 'tlxc/.monitor';
/** LXC's name for the group below lxc.cgroup.dir.monitor.pivot. */
const PIVOT = 'lxc.pivot';

interface Groups {
  readonly limit: string;
  readonly inner: string;
  readonly monitor: string;
  readonly pivot: string;
  /** The configuration names this very group, so no other may be taken in its place. */
  readonly exact: boolean;
}

/** The hierarchies that are used: all, or those that lxc.cgroup.use (tlxc.conf) names; a user's: those delegated. */
export function usedHierarchies({ host, system }: Compilation): readonly CgroupMount[] {
  const use = new Set(system.cgroupUse);
  const cgroups = delegatedHierarchies(host);
  if (use.size === 0) return cgroups;
  return cgroups.filter(
    (mount) => mount.controllers.some((each) => use.has(each)) || (mount.version === 2 && use.has('cgroup2')),
  );
}

export function compileCgroups(whole: Compilation): StartPlan['cgroups'] {
  const compilation = { ...whole, config: withDelegatedLimits(whole) };
  const mounts = usedHierarchies(compilation);
  const groups = compileGroups(compilation);
  const settings = compileSettings(mounts, compilation);
  const written = deviceEntries(compilation);
  const rules = parseDeviceRules(written, compilation.findings);
  // Without a list there is none to open.
  const added =
    written.length > 0 ? [...startRules(compilation, written, rules), ...givenRules(compilation)] : [];
  const devices = [...written, ...added];
  const deviceHierarchy = mounts.find(
    (mount) => mount.version === 1 && mount.controllers.includes('devices'),
  );
  const hierarchies = mounts.map((mount): CgroupHierarchy => {
    const own = settings.get(mount) ?? [];
    const list = mount === deviceHierarchy ? devices : [];
    return {
      version: mount.version,
      mountPoint: mount.mountPoint,
      controllers: [...mount.controllers],
      ...groupsIn(mount, groups, compilation),
      settings: [...list.map(({ value, at }) => ({ ...value, origin: originOf(at) })), ...own],
      innerSettings: own.filter(({ file }) => !handedDown(file)),
      innerFiles: filesNotHandedDown(mount.controllers),
      delegatedFiles: own.some(isEscapable) ? [] : delegatedFiles(mount),
    };
  });
  const byProgram = deviceHierarchy === undefined && mounts.some((mount) => mount.version === 2);
  const deviceRules = [...rules, ...parseDeviceRules(added, compilation.findings)];
  if (devices[0] !== undefined && deviceHierarchy === undefined && !byProgram)
    compilation.findings.refuse(
      devices[0].at,
      'this host has neither the devices controller nor a cgroup2 tree to limit devices',
    );
  return { hierarchies, deviceRules: byProgram ? deviceRules : [], allowSuffix: !groups.exact };
}

/** v1's throttles hold in one group alone: in groups of its own the container would be free of them. */
const isEscapable = ({ file }: CgroupHierarchy['settings'][number]) => file.startsWith('blkio.throttle.');

/** What a container's root needs to make groups of its own below the inner one (cgroups(7), /sys/kernel/cgroup/delegate); LXC uses no tree without all of it. */
function delegatedFiles(mount: CgroupMount): string[] {
  return mount.version === 1
    ? ['tasks', 'cgroup.procs']
    : ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads', 'memory.oom.group', 'memory.reclaim'];
}

function groupsIn(
  mount: CgroupMount,
  groups: Groups,
  compilation: Compilation,
): Pick<CgroupHierarchy, 'limitGroup' | 'innerGroup' | 'monitorGroup' | 'pivotGroup'> {
  const base = baseIn(mount, compilation);
  const below = (group: string) => (base === '' ? group : `${base}/${group}`);
  return {
    limitGroup: below(groups.limit),
    innerGroup: below(groups.inner),
    monitorGroup: below(groups.monitor),
    pivotGroup: below(groups.pivot),
  };
}

/** A user's groups are made below the one that was delegated; with lxc.cgroup.relative root's are, below the caller's own. */
function baseIn({ mountPoint, ownGroup }: CgroupMount, { config, host }: Compilation): string {
  if (host.user !== null) return host.user.cgroups[mountPoint]?.group ?? '';
  return config.cgroupRelative ? ownGroup : '';
}

function compileGroups({ config, system }: Compilation): Groups {
  const { name, cgroupDir } = config;
  const { dir, container, containerInner, monitorPivot } = cgroupDir;
  const pivot = monitorPivot === undefined ? MONITORS : `${monitorPivot.value}/${PIVOT}`;
  const own = monitorPivot === undefined ? MONITORS : `${MONITORS}/${name}`;
  const monitor = cgroupDir.monitor?.value ?? own;
  if (container !== undefined) {
    const limit = container.value;
    return { limit, inner: `${limit}/${containerInner?.value ?? INNER}`, monitor, pivot, exact: true };
  }
  const pattern = system.cgroupPattern === '' ? 'tlxc/%n' : system.cgroupPattern.replace(/^\/+/, '');
  const limit = dir === undefined ? pattern.replaceAll('%n', name) : `${dir.value}/lxc.payload.${name}`;
  return {
    limit,
    inner: `${limit}/${INNER}`,
    monitor: dir === undefined ? monitor : `${dir.value}/lxc.monitor.${name}`,
    pivot,
    exact: false,
  };
}
