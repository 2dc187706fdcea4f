/** lxc.mount.auto = cgroup[-full][:mode][:force]: /sys/fs/cgroup, mounted from inside the cgroup namespace. */
import { basename } from 'node:path';
import type { ContainerConfig } from '../config/model.ts';
import type { CgroupMount } from '../host/facts.ts';
import { lastAutoMount } from './auto-mounts.ts';
import { keptCapabilities } from './capabilities.ts';
import { usedHierarchies } from './cgroup.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { originOfNamespace } from './namespaces.ts';
import { filesystemStep, QUIET } from './mount-steps.ts';
import type { Origin, TreeStep } from './types.ts';

const ROOT = 'sys/fs/cgroup';

/** From this version on systemd refuses to boot where it finds version 1. */
const ONLY_UNIFIED = 258;
/** From this one on it boots where there is version 2 alone. */
const KNOWS_UNIFIED = 231;

/**
 * In a cgroup namespace the root of every mount is the container's own inner group, so "full" and plain show the same.
 * An init that may mount does it itself on v1 and hybrid hosts (systemd), unless :force; a v2 tree is always mounted,
 * and on a hybrid host cgroup2 mounts it alone, as it is done for a systemd that boots with nothing else.
 */
export function cgroupMounts(compilation: Compilation): TreeStep[] {
  const { config, host, findings } = compilation;
  const token = lastAutoMount(config.autoMounts, ['cgroup', 'cgroup-full', 'cgroup2']);
  if (token === undefined) return [];
  const origin = originOf(token.at);
  const { force } = token.value;
  if (!host.cgroupNamespaces) {
    findings.refuse(token.at, 'lxc.mount.auto: cgroup needs cgroup namespaces (Linux 4.6)');
    return [];
  }
  if (originOfNamespace(compilation, 'cgroup') === 'host') {
    findings.refuse(
      token.at,
      "lxc.mount.auto: in the host's cgroup namespace cgroup would show the host's groups; leave it out, or let the " +
        'container have a cgroup namespace',
    );
    return [];
  }
  const attributes = attributesOf(token.value);
  const unified = filesystemStep({ fstype: 'cgroup2', target: ROOT, attributes, origin });
  if (host.cgroupLayout === 'v2') {
    tellOldSystemd(compilation);
    return [unified];
  }
  if (token.value.what === 'cgroup2') {
    if (host.cgroups.some((mount) => mount.version === 2)) return [unified];
    findings.refuse(token.at, 'lxc.mount.auto: cgroup2: this host has no cgroup version 2 mounted');
  }
  if (!force && keptCapabilities(compilation).includes('sys_admin')) return [];
  const { guestSystemd = 0 } = compilation.files;
  if (guestSystemd >= ONLY_UNIFIED) {
    if (host.cgroups.some((mount) => mount.version === 2)) return [unified];
    findings.refuse(
      token.at,
      `its systemd ${guestSystemd} boots with cgroup version 2 only, and this host has none mounted`,
      MOUNT_UNIFIED,
    );
  }
  return legacyMounts(usedHierarchies(compilation), attributes, origin);
}

const MOUNT_UNIFIED =
  'on the host: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified';

function tellOldSystemd({ files, findings }: Compilation): void {
  if (files.guestSystemd === undefined || files.guestSystemd >= KNOWS_UNIFIED) return;
  findings.warn(
    undefined,
    `its systemd is from before cgroup version 2 (older than ${KNOWS_UNIFIED}), which is all that this host has, and will not boot: ` +
      'upgrade it, or start the host with systemd.unified_cgroup_hierarchy=0 on the command line of its kernel',
  );
}

/** Whether the view depends on the systemd that a container boots. */
export const wantsGuestSystemd = ({ autoMounts }: ContainerConfig): boolean =>
  lastAutoMount(autoMounts, ['cgroup', 'cgroup-full', 'cgroup2']) !== undefined;

const attributesOf = ({ mode }: { readonly mode: string }): string[] =>
  mode === 'ro' ? [...QUIET, 'ro'] : QUIET;

function legacyMounts(mounts: readonly CgroupMount[], attributes: string[], origin: Origin): TreeStep[] {
  const size = { attributes: QUIET, options: ['mode=755', 'size=10240k'], origin };
  const names = new Set(mounts.map((mount) => basename(mount.mountPoint)));
  return [
    filesystemStep({ fstype: 'tmpfs', target: ROOT, ...size }),
    ...mounts.map((mount) => {
      const fstype = mount.version === 2 ? 'cgroup2' : 'cgroup';
      const options = mount.version === 2 ? [] : hierarchyOptions(mount);
      const target = `${ROOT}/${basename(mount.mountPoint)}`;
      return filesystemStep({ fstype, target, attributes, options, origin });
    }),
    ...mounts.flatMap((mount) => controllerLinks(mount, names, origin)),
  ];
}

/** What names an existing v1 hierarchy: its controllers, or none and its name. */
function hierarchyOptions({ controllers }: CgroupMount): string[] {
  return controllers.every((each) => each.startsWith('name=')) ? ['none', ...controllers] : [...controllers];
}

/** cpu -> cpu,cpuacct, where controllers are mounted together. */
function controllerLinks(mount: CgroupMount, taken: ReadonlySet<string>, origin: Origin): TreeStep[] {
  if (mount.version === 2 || mount.controllers.length < 2) return [];
  return mount.controllers
    .filter((name) => !taken.has(name) && !name.startsWith('name='))
    .map((name) => ({
      op: 'symlink',
      target: `${ROOT}/${name}`,
      to: basename(mount.mountPoint),
      origin,
    }));
}
