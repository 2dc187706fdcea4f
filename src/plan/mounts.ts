/** The mounts of a container in LXC's order: /dev, lxc.mount.auto (proc, sys), fstab, entries, cgroup. */
import { autoMounts, lastAutoMount } from './auto-mounts.ts';
import { cgroupMounts } from './cgroup-mounts.ts';
import { credentialFiles, runFilesystem } from './credentials.ts';
import type { Compilation } from './input.ts';
import { NO_ORIGIN, originOf } from './input.ts';
import { lxcfsMounts } from './lxcfs.ts';
import { entryStep } from './mount-entry.ts';
import { filesystemStep } from './mount-steps.ts';
import { mountTunnel } from './mount-tunnel.ts';
import type { TreeStep } from './types.ts';

export function compileTree(compilation: Compilation): TreeStep[] {
  const { config } = compilation;
  const entries = [...config.fstabEntries, ...config.mountEntries];
  return [
    ...deviceFilesystem(compilation),
    ...autoMounts(compilation),
    ...runFilesystem(compilation),
    ...entries.flatMap((entry) => entryStep(entry, compilation)),
    ...lxcfsMounts(compilation),
    ...mountTunnel(compilation),
    ...credentialFiles(compilation),
    ...nestingMounts(compilation),
    ...cgroupMounts(compilation),
  ];
}

const BOOT_ID = 'proc/sys/kernel/random/boot_id';

/** What is hidden or made read-only last, over everything that was mounted. */
export function compileProtection({ config }: Compilation): TreeStep[] {
  const proc = lastAutoMount(config.autoMounts, ['proc']);
  return [
    ...(proc ? [{ op: 'bootId' as const, target: BOOT_ID, origin: originOf(proc.at) }] : []),
    ...config.readonlyPaths.map(({ value, at }) => ({
      op: 'readonly' as const,
      target: value.replace(/^\/+/, ''),
      origin: originOf(at),
    })),
    ...config.masked.map(({ value, at }) => ({
      op: 'mask' as const,
      target: value.replace(/^\/+/, ''),
      origin: originOf(at),
    })),
  ];
}

function deviceFilesystem({ config }: Compilation): TreeStep[] {
  if (!config.autodev || config.rootfs.path?.value === 'none') return [];
  const options = ['mode=755', `size=${config.autodevSize}`];
  const attributes = ['nosuid', 'noexec'];
  return [
    filesystemStep({
      fstype: 'tmpfs',
      source: 'none',
      target: 'dev',
      attributes,
      options,
      origin: NO_ORIGIN,
    }),
  ];
}

/** lxc.apparmor.allow_nesting: pristine proc and sysfs, without which nested containers may not mount theirs. */
function nestingMounts({ config }: Compilation): TreeStep[] {
  if (!config.apparmor.allowNesting) return [];
  const pristine = [
    { fstype: 'proc', target: 'dev/.lxc/proc' },
    { fstype: 'sysfs', target: 'dev/.lxc/sys' },
  ];
  // nesting.conf mounts them by entries of its own.
  const absent = pristine.filter(
    (mount) => !config.mountEntries.some((entry) => entry.value.target === mount.target),
  );
  const origin = { ...NO_ORIGIN, key: 'lxc.apparmor.allow_nesting' };
  return absent.map((mount) => filesystemStep({ ...mount, optional: true, origin }));
}
