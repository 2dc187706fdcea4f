/** lxc.mount.auto = proc[:…] sys[:…]: the kernel's own filesystems and which parts of them may be written. */
import type { AutoMount, Sourced } from '../config/model.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { mayMountFor } from './namespaces.ts';
import { keptCapabilities } from './capabilities.ts';
import type { Origin, TreeStep } from './types.ts';

const QUIET = ['nosuid', 'nodev', 'noexec'];

/** Tokens of one family replace each other: the last counts. */
export function lastAutoMount(
  mounts: readonly Sourced<AutoMount>[],
  family: readonly AutoMount['what'][],
): Sourced<AutoMount> | undefined {
  return mounts.findLast((mount) => family.includes(mount.value.what));
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
function procMounts(mode: AutoMount['mode'], origin: Origin, compilation: Compilation): TreeStep[] {
  if (!mayMountFor(compilation, 'pid'))
    compilation.findings.refuse(
      origin,
      'lxc.mount.auto: a container with lxc.idmap may not mount /proc for a pid namespace that is not its own; ' +
        'share user as well, or leave out proc',
    );
  const steps = [kernelFilesystem('proc', 'proc', QUIET, origin)];
  if (mode === 'rw') return steps;
  steps.push({ op: 'readonly', target: 'proc/sys', origin });
  if (keptCapabilities(compilation).includes('net_admin')) steps.push(writable('proc/sys/net', origin));
  steps.push({ op: 'readonly', target: 'proc/sysrq-trigger', origin });
  return steps;
}

/** mixed: /sys read-only but for the network devices of the container. */
function sysMounts(mode: AutoMount['mode'], origin: Origin, compilation: Compilation): TreeStep[] {
  const attributes = mode === 'rw' ? QUIET : [...QUIET, 'ro'];
  // A new sysfs belongs to a network namespace; a user namespace may mount only that of its own.
  const borrowed = !mayMountFor(compilation, 'net');
  const sys = borrowed ? hostSys(attributes, origin) : kernelFilesystem('sysfs', 'sys', attributes, origin);
  return mode === 'mixed' ? [sys, writable('sys/devices/virtual/net', origin)] : [sys];
}

function kernelFilesystem(fstype: string, target: string, attributes: string[], origin: Origin): TreeStep {
  const common = { options: [], create: 'dir' as const, optional: false, origin };
  return { op: 'filesystem', fstype, source: fstype, target, attributes, ...common };
}

function hostSys(attributes: string[], origin: Origin): TreeStep {
  return {
    op: 'bind',
    source: '/sys',
    sourceIn: 'host',
    recursive: true,
    target: 'sys',
    attributes,
    propagation: '',
    create: 'dir',
    optional: false,
    idmapped: false,
    origin,
  };
}

/** A part of a read-only mount made writable again, by binding it onto itself. */
function writable(target: string, origin: Origin): TreeStep {
  return {
    op: 'bind',
    source: target,
    sourceIn: 'rootfs',
    recursive: false,
    target,
    attributes: ['rw', ...QUIET],
    propagation: '',
    create: 'none',
    optional: true,
    idmapped: false,
    origin,
  };
}
