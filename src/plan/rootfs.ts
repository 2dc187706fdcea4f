/** lxc.rootfs.*: the root filesystem and how it is attached. */
import { dirname, join } from 'node:path';
import type { SourceLocation } from '../errors.ts';
import type { Compilation } from './input.ts';
import { NO_ORIGIN, originOf } from './input.ts';
import { parseMountOptions } from './mount-options.ts';
import type { Rootfs } from './types.ts';

/** LXC's storage types that a bind mount of their directory serves. */
const DIRECTORY_TYPES = new Set(['dir', 'btrfs']);
const OVERLAY_TYPES = new Set(['overlay', 'overlayfs']);

type Source = Pick<Rootfs, 'kind' | 'source' | 'lower' | 'upper' | 'work'>;
const NOTHING: Source = { kind: 'none', source: '', lower: [], upper: '', work: '' };

/** The path of lxc.rootfs.path without its type, as hooks are told; "": none. */
export function rootfsPath({ config }: Compilation): string {
  const written = config.rootfs.path?.value ?? 'none';
  return written === 'none' ? '' : splitType(written).path;
}

/**
 * Where the root filesystem is attached and hooks find it. Beside the run directory and not in it: the root of an
 * unprivileged container, whose ids hooks run with, may not pass through a directory of mode 0700.
 */
export function rootfsMount({ config, host, system }: Compilation): string {
  // A user's run directory is closed to it as well; /mnt is on every host, and covered in one mount namespace only.
  return config.rootfs.mount?.value ?? (host.user === null ? `${system.runDir}.rootfs` : '/mnt');
}

export function compileRootfs(compilation: Compilation): Rootfs {
  const { config, findings } = compilation;
  const options = compileOptions(compilation);
  const mountPath = rootfsMount(compilation);
  if (config.rootfs.path === undefined) {
    findings.refuse(
      undefined,
      `${config.configFile}: lxc.rootfs.path is not set; name the root filesystem, or write "lxc.rootfs.path = none" to run on the host's own`,
    );
    return { ...NOTHING, mountPath, ...options, origin: NO_ORIGIN };
  }
  const { value, at } = config.rootfs.path;
  return { ...compileSource(value, at, compilation), mountPath, ...options, origin: originOf(at) };
}

function splitType(written: string): { type: string; path: string } {
  const [, type, path] = /^([a-z]+):(.*)$/.exec(written) ?? [];
  return type === undefined || path === undefined ? { type: 'dir', path: written } : { type, path };
}

function compileSource(written: string, at: SourceLocation, { findings }: Compilation): Source {
  if (written === 'none') return NOTHING;
  const { type, path } = splitType(written);
  const parts = OVERLAY_TYPES.has(type) ? path.split(':') : [path];
  if (!DIRECTORY_TYPES.has(type) && !OVERLAY_TYPES.has(type))
    findings.refuse(at, `lxc.rootfs.path: storage of type ${type} is not supported yet; dir and overlay are`);
  else if (parts.some((part) => !part.startsWith('/')))
    findings.refuse(
      at,
      `lxc.rootfs.path: ${JSON.stringify(written)} holds a path that does not begin with "/"`,
    );
  if (!OVERLAY_TYPES.has(type)) return { ...NOTHING, kind: 'bind', source: path };
  const upper = parts.at(-1) ?? '';
  if (parts.length < 2) findings.refuse(at, `lxc.rootfs.path: an overlay is written ${type}:LOWER:DELTA`);
  // LXC keeps overlay's work directory beside the delta; the same place, so that both can start one container.
  return {
    ...NOTHING,
    kind: 'overlay',
    lower: parts.slice(0, -1),
    upper,
    work: join(dirname(upper), 'work'),
  };
}

function compileOptions(compilation: Compilation): Pick<Rootfs, 'idmapped' | 'attributes'> {
  const { config, findings } = compilation;
  const written = config.rootfs.options?.value ?? [];
  const at = config.rootfs.options?.at;
  const options = parseMountOptions(written);
  const odd = [...options.data, ...options.unsupported];
  if (odd.length > 0) findings.refuse(at, `lxc.rootfs.options: ${odd.join(', ')}: not an option of a mount`);
  const attributes = new Set(options.attributes);
  // Device nodes in an image must stay files: the container's root could not have made them.
  if (config.idmap.length > 0 && !written.includes('dev')) attributes.add('nodev');
  return { idmapped: isIdmapped(options.idmap, compilation), attributes: [...attributes] };
}

function isIdmapped(idmap: string, { config, host, findings }: Compilation): boolean {
  const at = config.rootfs.options?.at;
  if (idmap === '') return false;
  if (host.user !== null)
    findings.refuse(at, `lxc.rootfs.options: idmap=${idmap}: only root may map the ids of a mount`);
  if (idmap !== 'container')
    findings.refuse(at, `lxc.rootfs.options: idmap=${idmap} is not supported yet; idmap=container is`);
  else if (config.idmap.length === 0)
    findings.refuse(at, 'lxc.rootfs.options: idmap=container needs lxc.idmap lines');
  else if (!host.idmappedMounts)
    findings.refuse(
      at,
      `lxc.rootfs.options: idmap=container needs Linux 5.12, this is ${host.kernelRelease}`,
    );
  else if (isOverlay(config.rootfs.path?.value) && !host.overlayOnIdmapped)
    findings.refuse(
      at,
      `lxc.rootfs.options: idmap=container on an overlay needs Linux 5.19, this is ${host.kernelRelease}`,
    );
  return true;
}

const isOverlay = (written: string | undefined) => OVERLAY_TYPES.has(splitType(written ?? '').type);
