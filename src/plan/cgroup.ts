/**
 * The container's place in every cgroup hierarchy of the host: an outer group with the limits, which the container
 * cannot write, and in it an inner one that is the root of its cgroup namespace. So no limit is lifted from inside.
 */
import type { CgroupMount } from '../host/facts.ts';
import { compileSettings } from './cgroup-settings.ts';
import { deviceEntries, parseDeviceRules } from './device-rules.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { CgroupHierarchy, StartPlan } from './types.ts';

const INNER = 'ns';

interface Groups {
  readonly limit: string;
  readonly inner: string;
  readonly monitor: string;
  /** The configuration names this very group, so no other may be taken in its place. */
  readonly exact: boolean;
}

/** The hierarchies that are used: all, or those that lxc.cgroup.use (tlxc.conf) names; a user's: those delegated. */
export function usedHierarchies({ host, system }: Compilation): readonly CgroupMount[] {
  const use = new Set(system.cgroupUse);
  const cgroups = host.cgroups.filter((mount) => host.user === null || mount.mountPoint in host.user.cgroups);
  if (use.size === 0) return cgroups;
  return cgroups.filter(
    (mount) => mount.controllers.some((each) => use.has(each)) || (mount.version === 2 && use.has('cgroup2')),
  );
}

export function compileCgroups(compilation: Compilation): StartPlan['cgroups'] {
  const mounts = usedHierarchies(compilation);
  const groups = compileGroups(compilation);
  const settings = compileSettings(mounts, compilation);
  const devices = deviceEntries(compilation);
  const deviceHierarchy = mounts.find(
    (mount) => mount.version === 1 && mount.controllers.includes('devices'),
  );
  const hierarchies = mounts.map((mount): CgroupHierarchy => ({
    version: mount.version,
    mountPoint: mount.mountPoint,
    controllers: [...mount.controllers],
    limitGroup: below(mount, groups.limit, compilation),
    innerGroup: below(mount, groups.inner, compilation),
    monitorGroup: below(mount, groups.monitor, compilation),
    settings: [
      ...(mount === deviceHierarchy
        ? devices.map(({ value, at }) => ({ ...value, origin: originOf(at) }))
        : []),
      ...(settings.get(mount) ?? []),
    ],
    delegatedFiles: delegatedFiles(mount),
  }));
  const byProgram = deviceHierarchy === undefined && mounts.some((mount) => mount.version === 2);
  const deviceRules = parseDeviceRules(devices, compilation.findings);
  if (devices[0] !== undefined && deviceHierarchy === undefined && !byProgram)
    compilation.findings.refuse(
      devices[0].at,
      'this host has neither the devices controller nor a cgroup2 tree to limit devices',
    );
  return { hierarchies, deviceRules: byProgram ? deviceRules : [], allowSuffix: !groups.exact };
}

/** A user's groups are made below the one that was delegated. */
function below({ mountPoint }: CgroupMount, group: string, { host }: Compilation): string {
  const own = host.user?.cgroups[mountPoint] ?? '';
  return own === '' ? group : `${own}/${group}`;
}

/** What a container's root needs to make groups of its own below the inner one (cgroups(7), /sys/kernel/cgroup/delegate). */
function delegatedFiles(mount: CgroupMount): string[] {
  return mount.version === 1
    ? ['tasks', 'cgroup.procs']
    : ['cgroup.procs', 'cgroup.subtree_control', 'cgroup.threads'];
}

function compileGroups(compilation: Compilation): Groups {
  const { config, system, findings } = compilation;
  const { name, cgroupDir } = config;
  if (cgroupDir.monitorPivot)
    findings.warn(
      cgroupDir.monitorPivot.at,
      'lxc.cgroup.dir.monitor.pivot has no effect: the monitor leaves its group by itself',
    );
  const monitor = cgroupDir.monitor?.value ?? `tlxc/.monitor/${name}`;
  if (cgroupDir.container !== undefined) {
    const limit = cgroupDir.container.value;
    return { limit, inner: `${limit}/${cgroupDir.containerInner?.value ?? INNER}`, monitor, exact: true };
  }
  if (cgroupDir.dir !== undefined) {
    const base = cgroupDir.dir.value.replace(/\/+$/, '');
    return payload(`${base}/lxc.payload.${name}`, `${base}/lxc.monitor.${name}`);
  }
  const pattern = system.cgroupPattern === '' ? 'tlxc/%n' : system.cgroupPattern.replace(/^\/+/, '');
  return payload(pattern.replaceAll('%n', name), monitor);
}

const payload = (limit: string, monitor: string): Groups => ({
  limit,
  inner: `${limit}/${INNER}`,
  monitor,
  exact: false,
});
