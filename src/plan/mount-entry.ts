/** A line of lxc.mount.entry or lxc.mount.fstab, as the step that mounts it. lxc.container.conf(5), mount(8). */
import type { MountEntry, Sourced } from '../config/model.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import { isNeedless, obstacleToIdmap, obstacleToOwner, ownerOf } from './idmapped-mounts.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { filesystemOptions, isAccessTime, parseMountOptions, type MountOptions } from './mount-options.ts';
import { rootfsPath } from './rootfs.ts';
import type { Origin, TreeStep } from './types.ts';

/** One entry with its options sorted, its place resolved, and what is to be said of it. */
interface Entry {
  readonly value: MountEntry;
  readonly options: MountOptions;
  readonly target: string;
  readonly origin: Origin;
  readonly compilation: Compilation;
  readonly refuse: (what: string) => void;
  readonly warn: (what: string) => void;
}

/** The step of an entry; none for one that is left out, with a warning. */
export function entryStep(entry: Sourced<MountEntry>, compilation: Compilation): TreeStep[] {
  const { at, value } = entry;
  const { findings } = compilation;
  const refuse = (what: string): void =>
    findings.refuse(at, `${at.key ?? 'lxc.mount.entry'}: ${value.target}: ${what}`);
  const target = targetBelowRoot(entry, compilation);
  const options = parseMountOptions(value.options);
  if (target === undefined) return [];
  const warn = (what: string): void => findings.warn(at, `${value.target}: ${what}`);
  return [step({ value, options, target, origin: originOf(at), compilation, refuse, warn })];
}

function step(entry: Entry): TreeStep {
  const { value, options } = entry;
  checkIdmap(entry);
  // With a source LXC mounts it and "remounts" that; mount(8)'s remount is of what is there.
  if (options.remount && value.source === 'none' && (options.bind || value.fstype === 'none'))
    return remount(entry);
  return options.bind || options.moves ? bind(entry) : filesystem(entry);
}

/** LXC's unbindable is lost when all becomes shared; ours is set after that. */
const lastPropagation = ({ propagation }: MountOptions): string =>
  propagation.endsWith('unbindable') ? propagation : '';

function filesystem({ value, options, target, origin, ...entry }: Entry): TreeStep {
  const { fstype, source } = value;
  if (fstype === 'none') entry.refuse('type "none" needs the option bind, rbind or move');
  if (options.relative) entry.warn('the option relative has no effect without bind');
  return {
    op: 'filesystem',
    fstype,
    source,
    target,
    attributes: [...options.attributes],
    options: filesystemOptions(withoutMand(options, entry)),
    // A user namespace may not mount what lies on a device; the kernel says so.
    byMonitor: source.startsWith('/dev/') && entry.compilation.config.idmap.length === 0,
    lastPropagation: lastPropagation(options),
    create: options.create,
    optional: options.optional,
    origin,
  };
}

function withoutMand(
  options: MountOptions,
  { compilation, warn }: Pick<Entry, 'compilation' | 'warn'>,
): MountOptions {
  const { kernelRelease } = compilation.host;
  if (!options.flags.includes('mand') || !kernelAtLeast(kernelRelease, 5, 15)) return options;
  warn(`mand has no effect: Linux ${kernelRelease} has no mandatory locks (none since 5.15)`);
  return { ...options, flags: options.flags.filter((flag) => flag !== 'mand') };
}

function bind(entry: Entry): TreeStep {
  const { value, options, target, origin, warn } = entry;
  const lost = [...options.flags, ...options.data];
  if (lost.length > 0) warn(`${lost.join(',')} has no effect on a bind mount`);
  return {
    op: 'bind',
    source: bindSource(value.source, options.relative),
    sourceIn: options.relative ? 'rootfs' : 'host',
    recursive: options.recursive,
    moves: options.moves,
    target,
    attributes: bindAttributes(entry),
    propagation: options.propagation,
    lastPropagation: lastPropagation(options),
    create: options.create,
    optional: options.optional,
    idmap: isNeedless(options.idmap, entry.compilation) ? '' : options.idmap,
    owner: ownerOf(options.owner, entry.compilation.config),
    origin,
  };
}

/**
 * What the source's own mount forbids stays forbidden, but for nodev, which "dev" takes back, as in LXC. For a container
 * with a user namespace of its own the kernel holds on to all of it, and to the access times.
 */
function bindAttributes({ options, compilation, warn }: Entry): string[] {
  const { attributes } = options;
  if (compilation.config.idmap.length === 0)
    return options.takenBack.includes('dev') ? [...attributes, 'dev'] : [...attributes];
  if (options.relative) return [...attributes];
  const times = attributes.filter(isAccessTime);
  if (times.length > 0)
    warn(`${times.join(',')} has no effect: a container with lxc.idmap keeps the source's access times`);
  return attributes.filter((word) => !isAccessTime(word));
}

function remount({ options, target, origin, refuse }: Entry): TreeStep {
  if (options.propagation !== '') refuse(`${options.propagation} and remount exclude each other`);
  const writable = options.takenBack.includes('rw') ? ['rw'] : [];
  return {
    op: 'remount',
    target,
    attributes: [...options.takenBack.filter((word) => !/^no/.test(word)), ...options.attributes],
    options: options.bind ? [] : [...writable, ...filesystemOptions(options)],
    optional: options.optional,
    origin,
  };
}

/** A host source that is not absolute is meant from "/", where a daemonised LXC stands. */
function bindSource(source: string, relative: boolean): string {
  return relative ? source.replace(/^\/+/, '') : source.startsWith('/') ? source : `/${source}`;
}

function checkIdmap({ options, compilation, refuse }: Entry): void {
  const { idmap, owner } = options;
  if (idmap === '' && owner === '') return;
  const obstacles = [
    idmap === '' ? undefined : obstacleToIdmap(idmap, compilation),
    owner === '' ? undefined : obstacleToOwner(owner, compilation),
  ];
  for (const obstacle of obstacles) if (obstacle !== undefined) refuse(obstacle);
  if (idmap !== '' && owner !== '') refuse('idmap= and owner= exclude each other');
  if (!options.bind || options.relative)
    refuse(`${owner === '' ? 'idmap=' : 'owner='} needs a bind mount of a directory or file of the host`);
}

/**
 * The target relative to the root filesystem, by LXC's rules: relative as written; absolute only below
 * LXCPATH/NAME/rootfs or lxc.rootfs.path, else left out with a warning.
 */
function targetBelowRoot({ at, value }: Sourced<MountEntry>, compilation: Compilation): string | undefined {
  const { config, findings, system } = compilation;
  const root = rootfsPath(compilation);
  let below: string | undefined = value.target;
  if (below.startsWith('/') && root !== '') {
    const bases = [...[config.lxcpath, system.lxcpath].map((path) => `${path}/${config.name}/rootfs`), root];
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
