/** lxc.rootfs.*: the root filesystem and how it is attached. */
import { dirname, join } from 'node:path';
import type { SourceLocation } from '../errors.ts';
import { isReadOnly } from '../host/read-only-filesystems.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import { obstacleToDevices, overlayNotes } from '../host/user-namespace.ts';
import type { Compilation } from './input.ts';
import { isNeedless, obstacleToIdmap } from './idmapped-mounts.ts';
import { NO_ORIGIN, originOf } from './input.ts';
import { checkMappedLayers, compileLayer } from './layers.ts';
import { filesystemOptions, parseMountOptions } from './mount-options.ts';
import type { Layer, Rootfs } from './types.ts';

const OVERLAY_TYPES = new Set(['overlay', 'overlayfs']);
/** All mounts of a container are shared among themselves when they are made; the kernel does not pivot into one that is before. */
const SHARED_IN_THE_END = new Set(['', 'shared', 'rshared']);
/** Block devices that hold a filesystem. */
const DEVICE_TYPES = new Set(['lvm', 'rbd']);

type Source = Pick<Rootfs, 'kind' | 'source' | 'lower' | 'upper' | 'work' | 'tmpfs' | 'fstype'>;
const NOTHING: Source = { kind: 'none', source: '', lower: [], upper: '', work: '', tmpfs: [], fstype: '' };

/** The path of lxc.rootfs.path without its type, as hooks are told; "": none. */
export function rootfsPath({ config }: Pick<Compilation, 'config'>): string {
  const written = config.rootfs.path?.value ?? 'none';
  return written === 'none' ? '' : splitType(written).path;
}

/**
 * Where the root filesystem is attached and hooks find it. Beside the run directory and not in it: the root of an
 * unprivileged container, whose ids hooks run with, may not pass through a directory of mode 0700.
 */
export function rootfsMount({
  config,
  host,
  system,
}: Pick<Compilation, 'config' | 'host' | 'system'>): string {
  // A user's run directory is closed to it as well; /mnt is on every host, and covered in one mount namespace only.
  return config.rootfs.mount?.value ?? (host.user === null ? `${system.runDir}.rootfs` : '/mnt');
}

export function compileRootfs(compilation: Compilation): Rootfs {
  const { config, findings } = compilation;
  const mountPath = rootfsMount(compilation);
  if (config.rootfs.path === undefined) {
    findings.refuse(
      undefined,
      `${config.configFile}: lxc.rootfs.path is not set; name the root filesystem, or write "lxc.rootfs.path = none" to run on the host's own`,
    );
    return { ...NOTHING, mountPath, ...compileOptions('none', compilation), origin: NO_ORIGIN };
  }
  const { value, at } = config.rootfs.path;
  const source = compileVolatile(compileSource(value, at, compilation), compilation);
  const compiled = compileOptions(source.kind, compilation);
  // Without these two words zfs refuses a dataset that has a mount point of its own, as LXC's have.
  const zfs = source.fstype === 'zfs' ? ['zfsutil', `mntpoint=${mountPath}`] : [];
  const readOnly = source.kind === 'image' && isReadOnly(source.fstype) ? ['ro'] : [];
  const notes = source.kind === 'overlay' ? overlayNotes(compilation.host) : [];
  const options = [...new Set([...compiled.options, ...zfs, ...readOnly, ...notes])];
  checkMappedLayers(source.kind === 'image' ? [source] : source.lower, at, compilation);
  return { ...source, mountPath, ...compiled, options, origin: originOf(at) };
}

function splitType(written: string): { type: string; path: string } {
  const [, type, path] = /^([a-z]+):(.*)$/.exec(written) ?? [];
  return type === undefined || path === undefined ? { type: 'dir', path: written } : { type, path };
}

function compileSource(written: string, at: SourceLocation, compilation: Compilation): Source {
  const { findings } = compilation;
  if (written === 'none') return NOTHING;
  const { type, path } = splitType(written);
  const parts = OVERLAY_TYPES.has(type) ? path.split(':') : [path];
  if (type === 'nbd')
    findings.refuse(
      at,
      'lxc.rootfs.path: storage of type nbd is not supported: attach it with qemu-nbd, and name lvm:/dev/nbd0 or a directory',
    );
  else if (type !== 'zfs' && parts.some((part) => !part.startsWith('/')))
    findings.refuse(
      at,
      `lxc.rootfs.path: ${JSON.stringify(written)} holds a path that does not begin with "/"`,
    );
  if (type === 'zfs' || DEVICE_TYPES.has(type)) return compileDevice(type, path, at, compilation);
  if (type === 'loop' || compilation.files.imageFilesystems?.[path] !== undefined)
    return compileImage(path, at, compilation);
  if (!OVERLAY_TYPES.has(type)) return { ...NOTHING, kind: 'bind', source: path };
  const upper = parts.at(-1) ?? '';
  if (parts.length < 2) findings.refuse(at, `lxc.rootfs.path: an overlay is written ${type}:LOWER:DELTA`);
  // LXC keeps overlay's work directory beside the delta; the same place, so that both can start one container.
  return {
    ...NOTHING,
    kind: 'overlay',
    lower: parts.slice(0, -1).map((path) => compileLayer(path, at, compilation)),
    upper,
    work: join(dirname(upper), 'work'),
  };
}

/** Topmost first; []: it is nothing that lies below something else. */
function lowerOf({ kind, source, fstype, lower, upper }: Source): Layer[] {
  const directory = (path: string): Layer => ({ source: path, fstype: '' });
  if (kind === 'overlay') return [directory(upper), ...lower];
  if (kind === 'image') return isReadOnly(fstype) ? [{ source, fstype }] : [];
  return kind === 'none' ? [] : [directory(source)];
}

/** tlxc.rootfs.volatile: the same files, below a tmpfs that takes what is changed. */
function compileVolatile(source: Source, { config, findings, host }: Compilation): Source {
  const { value: size = 0, at } = config.rootfs.volatile ?? {};
  if (size === 0) return source;
  const refuse = (what: string): void => findings.refuse(at, `tlxc.rootfs.volatile: ${what}`);
  const lower = lowerOf(source);
  if (lower.length === 0)
    refuse(`lxc.rootfs.path = ${config.rootfs.path?.value ?? ''} is no directory that a tmpfs can lie over`);
  if (!host.overlay) refuse('this kernel has no overlayfs');
  if (overlayNotes(host).length > 0 && !kernelAtLeast(host.kernelRelease, 6, 6))
    refuse(
      `without the machine's root it needs Linux 6.6 (user.* attributes on a tmpfs), this is ${host.kernelRelease}`,
    );
  return {
    ...NOTHING,
    kind: 'overlay',
    lower,
    tmpfs: ['mode=0755', ...(size > 1 ? [`size=${size}`] : [])],
  };
}

/** The kernel has to be told what filesystem the image holds; who read the configuration has looked. */
function compileImage(path: string, at: SourceLocation, compilation: Compilation): Source {
  const { findings, files } = compilation;
  const fstype = files.imageFilesystems?.[path] ?? '';
  if (fstype === '')
    findings.refuse(
      at,
      `lxc.rootfs.path: blkid finds no filesystem in ${path}: is it there, and made with mkfs?`,
    );
  refuseDevice('loop', at, compilation);
  return { ...NOTHING, kind: 'image', source: path, fstype };
}

function refuseDevice(type: string, at: SourceLocation, { findings, host }: Compilation): void {
  const obstacle = obstacleToDevices(host);
  if (obstacle !== null) findings.refuse(at, `lxc.rootfs.path: ${type} ${obstacle}`);
}

/** A dataset of ZFS is named to its filesystem; a block device holds one of whatever type. */
function compileDevice(type: string, source: string, at: SourceLocation, compilation: Compilation): Source {
  const { findings, files } = compilation;
  const fstype = type === 'zfs' ? type : (files.imageFilesystems?.[source] ?? '');
  if (fstype === '')
    findings.refuse(
      at,
      `lxc.rootfs.path: blkid finds no filesystem in ${source}: is it there? (lvchange -ay, or rbd map, has it appear)`,
    );
  refuseDevice(type, at, compilation);
  return { ...NOTHING, kind: 'device', source, fstype };
}

const OWN_IDS = 'have each id mapped to itself: lxc.idmap = u 0 0 65536; lxc.idmap = g 0 0 65536';

type Options = Pick<Rootfs, 'idmap' | 'attributes' | 'options' | 'propagation'>;

function compileOptions(kind: Rootfs['kind'], compilation: Compilation): Options {
  const { config, findings } = compilation;
  const at = config.rootfs.options?.at;
  const options = parseMountOptions(config.rootfs.options?.value ?? []);
  const attributes = new Set(options.attributes);
  // Device nodes in an image must stay files: the container's root could not have made them.
  if (config.idmap.length > 0 && !options.takenBack.includes('dev')) attributes.add('nodev');
  const refuse = (what: string): void => findings.refuse(at, `lxc.rootfs.options: ${what}`);
  if (options.moves || options.remount) refuse('move and remount are options of lxc.mount.entry');
  if (kind === 'bind' && options.data.length > 0)
    refuse(
      `${options.data.join(', ')}: not an option of a mount, and a directory has no filesystem of its own`,
    );
  if (kind === 'bind' && options.flags.length > 0)
    findings.warn(at, `lxc.rootfs.options: ${options.flags.join(',')} has no effect on a directory`);
  return {
    idmap: checkedIdmap(kind, options.idmap, compilation),
    attributes: [...attributes],
    options: kind === 'bind' || kind === 'none' ? [] : filesystemOptions(options),
    propagation: SHARED_IN_THE_END.has(options.propagation) ? 'rprivate' : options.propagation,
  };
}

/** As it takes effect. */
function checkedIdmap(kind: Rootfs['kind'], idmap: string, compilation: Compilation): string {
  if (idmap === '') return '';
  const { config, host, findings } = compilation;
  const at = config.rootfs.options?.at;
  if (idmap === 'container' && config.idmap.length === 0) {
    findings.warn(at, 'lxc.rootfs.options: idmap=container has no effect without lxc.idmap');
    return '';
  }
  if (isNeedless(idmap, compilation)) return '';
  const refuse = (what: string, hint?: string): void =>
    findings.refuse(at, `lxc.rootfs.options: ${what}`, hint);
  const obstacle = obstacleToIdmap(idmap, compilation);
  if (obstacle !== undefined) refuse(obstacle);
  else if (host.nested !== null)
    refuse(
      `idmap=${idmap} takes the machine's root: in an unprivileged container no mount of its files maps ids`,
      OWN_IDS,
    );
  else if (kind === 'overlay' && !host.overlayOnIdmapped)
    refuse(`idmap=container on an overlay needs Linux 5.19, this is ${host.kernelRelease}`);
  else if (kind === 'overlay' && idmap !== 'container')
    refuse(`idmap=${idmap}: an overlay can only be mapped with idmap=container`);
  return idmap;
}
