/** lxc.mount.auto = proc[:…] sys[:…]: the kernel's own filesystems and which parts of them may be written. */
import type { AutoMount, Sourced } from '../config/model.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { mayMountFor } from './namespaces.ts';
import { keptCapabilities } from './capabilities.ts';
import { bindStep, filesystemStep, QUIET } from './mount-steps.ts';
import type { Origin, TreeStep } from './types.ts';

/** Tokens of one family replace each other: the last counts. */
export function lastAutoMount<W extends AutoMount['what']>(
  mounts: readonly Sourced<AutoMount>[],
  family: readonly W[],
): Sourced<AutoMount & { readonly what: W }> | undefined {
  type Wanted = Sourced<AutoMount & { readonly what: W }>;
  return mounts.findLast((mount): mount is Wanted => family.some((what) => what === mount.value.what));
}

export function autoMounts(compilation: Compilation): TreeStep[] {
  const { autoMounts: mounts } = compilation.config;
  const proc = lastAutoMount(mounts, ['proc']);
  const sys = lastAutoMount(mounts, ['sys']);
  return [
    ...(proc ? procMounts(proc.value.mode, originOf(proc.at), compilation) : []),
    ...(sys ? sysMounts(sys.value.mode, originOf(sys.at), compilation) : []),
  ];
}

/** mixed: /proc/sys and sysrq-trigger read-only; /proc/sys/net writable for who may configure a network. */
function procMounts(mode: 'mixed' | 'rw' | 'ro', origin: Origin, compilation: Compilation): TreeStep[] {
  if (!mayMountFor(compilation, 'pid'))
    compilation.findings.refuse(
      origin,
      'lxc.mount.auto: a container with lxc.idmap may not mount /proc for a pid namespace that is not its own; ' +
        'share user as well, or leave out proc',
    );
  const steps: TreeStep[] = [filesystemStep({ fstype: 'proc', target: 'proc', attributes: QUIET, origin })];
  if (mode === 'rw') return steps;
  steps.push({ op: 'readonly', target: 'proc/sys', origin });
  if (keptCapabilities(compilation).includes('net_admin')) steps.push(writable('proc/sys/net', origin));
  steps.push({ op: 'readonly', target: 'proc/sysrq-trigger', origin });
  return steps;
}

/** mixed: /sys read-only but for the network devices of the container. */
function sysMounts(mode: 'mixed' | 'rw' | 'ro', origin: Origin, compilation: Compilation): TreeStep[] {
  const attributes = mode === 'rw' ? QUIET : [...QUIET, 'ro'];
  // A new sysfs belongs to a network namespace; a user namespace may mount only that of its own.
  const borrowed = !mayMountFor(compilation, 'net');
  const common = { target: 'sys', attributes, create: 'dir' as const, origin };
  const sys = borrowed
    ? bindStep({ source: '/sys', recursive: true, ...common })
    : filesystemStep({ fstype: 'sysfs', options: mode === 'ro' ? ['ro'] : [], ...common });
  return mode === 'mixed' ? [sys, writable('sys/devices/virtual/net', origin)] : [sys];
}

/** A part of a read-only mount made writable again, by binding it onto itself. */
const writable = (target: string, origin: Origin): TreeStep =>
  bindStep({
    source: target,
    sourceIn: 'rootfs',
    target,
    attributes: ['rw', ...QUIET],
    optional: true,
    origin,
  });
