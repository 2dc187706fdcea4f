/**
 * The control groups of a plain user: those that were delegated. What the shipped configuration limits is left out with
 * one statement where nothing was; a limit that somebody wrote is refused then, never dropped.
 */
import type { ContainerConfig, Sourced } from '../config/model.ts';
import { isShipped } from '../config/shipped.ts';
import type { CgroupMount, HostFacts, UserFacts } from '../host/facts.ts';
import type { CgroupValue } from './cgroup-table.ts';
import type { Compilation } from './input.ts';

/** All hierarchies for root; a user's with the controllers that were delegated. */
export function delegatedHierarchies({ cgroups, user }: HostFacts): readonly CgroupMount[] {
  if (user === null) return cgroups;
  return cgroups.flatMap((mount) => {
    const delegated = user.cgroups[mount.mountPoint];
    return delegated ? [{ ...mount, controllers: delegated.controllers }] : [];
  });
}

/** The configuration with those limits that can be set: in a container no list of devices, whoever asks. */
export function withDelegatedLimits(compilation: Compilation): ContainerConfig {
  const { config, host, findings } = compilation;
  const { user, nested } = host;
  if (user === null && nested === null) return config;
  const cgroup1 = config.cgroup1.filter((entry) => keeps(entry, 'lxc.cgroup', compilation));
  const cgroup2 = config.cgroup2.filter((entry) => keeps(entry, 'lxc.cgroup2', compilation));
  if (user && Object.keys(user.cgroups).length === 0) findings.warn(undefined, nothingDelegated(user));
  return { ...config, cgroup1, cgroup2 };
}

const nothingDelegated = ({ name }: UserFacts): string =>
  `no control group is delegated to ${name}: the container stays in the group of this command, without limits of its own`;

function keeps(entry: Sourced<CgroupValue>, world: string, { host, findings }: Compilation): boolean {
  const { file } = entry.value;
  const controller = file.split('.', 1)[0] ?? file;
  const refuse = (why: string, hint?: string) => {
    if (!isShipped(entry.at.file)) findings.refuse(entry.at, `${world}.${file}: ${why}`, hint);
    return false;
  };
  // As LXC does: such a line changes nothing of what a container in a user namespace can reach.
  if (controller === 'devices') {
    if (!isShipped(entry.at.file))
      findings.warn(
        entry.at,
        `${world}.${file} has no effect ${host.user ? 'for a user' : 'in an unprivileged container'}: in a user namespace ` +
          'no device node can be made and none opened, but for those that are bound in',
      );
    return false;
  }
  if (host.user === null) return true;
  const has = (mounts: readonly CgroupMount[]) => mounts.some((mount) => controls(mount, controller));
  if (has(delegatedHierarchies(host)) || !has(host.cgroups)) return true;
  return refuse(`the controller ${controller} is not delegated to ${host.user.name}`, DELEGATE);
}

const DELEGATE =
  'leave the line out, or have root delegate it (Delegate=yes in a drop-in of user@.service, with systemd and cgroup v2)';

/** io and blkio are one controller; cgroup.* are the core's own files. */
function controls({ version, controllers }: CgroupMount, controller: string): boolean {
  const names = controller === 'io' || controller === 'blkio' ? ['io', 'blkio'] : [controller];
  return names.some((name) => controllers.includes(name)) || (version === 2 && controller === 'cgroup');
}
