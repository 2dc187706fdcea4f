/** The mounts of a container in LXC's order: /dev, lxc.mount.auto (proc, sys), fstab, entries, cgroup. */
import type { MountEntry, Sourced } from '../config/model.ts';
import { autoMounts, lastAutoMount } from './auto-mounts.ts';
import { cgroupMounts } from './cgroup-mounts.ts';
import type { Compilation } from './input.ts';
import { NO_ORIGIN, originOf } from './input.ts';
import { parseMountOptions, type MountOptions } from './mount-options.ts';
import { rootfsPath } from './rootfs.ts';
import type { TreeStep } from './types.ts';

export function compileTree(compilation: Compilation): TreeStep[] {
  const { config } = compilation;
  const entries = [...config.fstabEntries, ...config.mountEntries];
  return [
    ...deviceFilesystem(compilation),
    ...autoMounts(compilation),
    ...entries.flatMap((entry) => mountEntry(entry, compilation)),
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
  return [
    {
      op: 'filesystem',
      fstype: 'tmpfs',
      source: 'none',
      target: 'dev',
      attributes: ['nosuid', 'noexec'],
      options: ['mode=755', 'size=500000'],
      create: 'dir',
      optional: false,
      origin: NO_ORIGIN,
    },
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
  return absent.map((mount) => ({
    op: 'filesystem' as const,
    ...mount,
    source: mount.fstype,
    attributes: [],
    options: [],
    create: 'dir' as const,
    optional: true,
    origin: { ...NO_ORIGIN, key: 'lxc.apparmor.allow_nesting' },
  }));
}

function mountEntry(entry: Sourced<MountEntry>, compilation: Compilation): TreeStep[] {
  const { at, value } = entry;
  const options = parseMountOptions(value.options);
  const target = targetBelowRoot(entry, compilation);
  checkOptions(entry, options, compilation);
  if (target === undefined) return [];
  const common = {
    target,
    attributes: options.attributes,
    create: options.create,
    optional: options.optional,
  };
  const origin = originOf(at);
  if (!options.bind) {
    const { fstype, source } = value;
    return [{ op: 'filesystem', fstype, source, ...common, options: options.data, origin }];
  }
  return [
    {
      op: 'bind',
      source: bindSource(value.source, options.relative),
      sourceIn: options.relative ? 'rootfs' : 'host',
      recursive: options.recursive,
      ...common,
      propagation: options.propagation,
      idmapped: options.idmap !== '',
      origin,
    },
  ];
}

/** A host source that is not absolute is meant from "/", where a daemonised LXC stands. */
function bindSource(source: string, relative: boolean): string {
  return relative ? source.replace(/^\/+/, '') : source.startsWith('/') ? source : `/${source}`;
}

function checkOptions(
  { at, value }: Sourced<MountEntry>,
  options: MountOptions,
  compilation: Compilation,
): void {
  const { findings } = compilation;
  const refuse = (what: string) =>
    findings.refuse(at, `${at.key ?? 'lxc.mount.entry'}: ${value.target}: ${what}`);
  for (const word of options.unsupported) refuse(`the option ${word} is not supported yet`);
  if (options.idmap !== '') checkIdmapped(options, compilation, refuse);
  if (options.bind) {
    if (options.data.length > 0)
      findings.warn(at, `${value.target}: ${options.data.join(',')} has no effect on a bind mount`);
    return;
  }
  if (options.propagation !== '') refuse(`${options.propagation} needs a bind mount`);
  if (value.fstype === 'none') refuse('type "none" needs the option bind or rbind');
}

function checkIdmapped(
  options: MountOptions,
  { config, host }: Compilation,
  refuse: (what: string) => void,
): void {
  if (options.idmap !== 'container')
    refuse(`idmap=${options.idmap} is not supported yet; idmap=container is`);
  else if (config.idmap.length === 0) refuse('idmap=container needs lxc.idmap lines');
  if (host.user !== null) refuse('idmap= takes root: no user may map the ids of a mount');
  if (!host.idmappedMounts) refuse(`idmapped mounts need Linux 5.12, this is ${host.kernelRelease}`);
  if (!options.bind) refuse('idmap= needs a bind mount');
}

/**
 * The target relative to the root filesystem, by LXC's rules: relative as written; absolute only below
 * LXCPATH/NAME/rootfs or lxc.rootfs.path, else left out with a warning.
 */
function targetBelowRoot({ at, value }: Sourced<MountEntry>, compilation: Compilation): string | undefined {
  const { config, findings } = compilation;
  const root = rootfsPath(compilation);
  let below: string | undefined = value.target;
  if (below.startsWith('/') && root !== '') {
    const bases = [`${config.lxcpath}/${config.name}/rootfs`, root];
    const base = bases.find((each) => below?.startsWith(`${each}/`));
    below = base === undefined ? undefined : below.slice(base.length);
    if (below === undefined)
      findings.warn(
        at,
        `${value.target}: left out, it is not below the root filesystem ${root}; write it without the leading "/"`,
      );
  }
  const parts = below?.split('/').filter((part) => part !== '' && part !== '.');
  if (parts?.includes('..'))
    findings.refuse(at, `lxc.mount.entry: ${value.target}: ".." leads out of the root filesystem`);
  if (parts?.length === 0) findings.refuse(at, 'lxc.mount.entry: the target is the root filesystem itself');
  return parts?.join('/');
}
