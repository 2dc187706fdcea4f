/** A root filesystem from another container's: a copy of its own, or one that lies over it. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { copyOwner, copyTree } from '../host/trees.ts';
import { dirBackend } from './dir.ts';
import { overlayBackend } from './overlay.ts';

export interface CopyRequest {
  /** The source's lxc.rootfs.path: [TYPE:]PATH. */
  readonly source: string;
  /** Copy-on-write. */
  readonly snapshot: boolean;
  /** -B; null: that of the source, or for a snapshot of a directory overlay. */
  readonly backend: 'dir' | 'overlay' | null;
  readonly staging: string;
  /** Where the staging directory will be. */
  readonly final: string;
}

export interface CopiedRootfs {
  /** The new container's lxc.rootfs.path. */
  readonly path: string;
  /** Topmost first, where they lie while the container is made. */
  readonly layers: readonly string[];
  /** It is nothing without the source's directory. */
  readonly needsSource: boolean;
}

interface Parsed {
  readonly type: string;
  readonly parts: readonly string[];
}

function parse(path: string): Parsed {
  const [, type = 'dir', rest = ''] = /^(?:([a-z]+):)?(.*)$/.exec(path) ?? [];
  return {
    type: type === 'overlayfs' ? 'overlay' : type,
    parts: type.startsWith('overlay') ? rest.split(':') : [rest],
  };
}

/** The directories of a dir or overlay lxc.rootfs.path, as they are written. */
export const layersOf = (path: string): readonly string[] => parse(path).parts;

/** The same as overlayfs stacks them, topmost first; null for other types. */
export function layersTopFirst(path: string): readonly string[] | null {
  const { type, parts } = parse(path);
  if (type === 'dir') return parts;
  return type === 'overlay' ? [parts.at(-1) ?? '', ...parts.slice(0, -1)] : null;
}

const unsupported = (message: string, hint: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_UNSUPPORTED', message, hint });

/** The layers below stay whose they are (an image's); what the source changed is copied. */
async function copyOverlay(parts: readonly string[], { staging, final }: CopyRequest): Promise<CopiedRootfs> {
  const [lowers, upper = ''] = [parts.slice(0, -1), parts.at(-1)];
  const delta = join(staging, 'overlay/delta');
  await mkdir(delta, { recursive: true, mode: 0o755 });
  const work = join(staging, 'overlay/work');
  await mkdir(work, { mode: 0o700 });
  await copyTree(upper, delta);
  await copyOwner(delta, work);
  return {
    path: ['overlay', ...lowers, join(final, 'overlay/delta')].join(':'),
    layers: [delta, ...lowers],
    needsSource: false,
  };
}

/** Throws TLXC_E_UNSUPPORTED where the source's type cannot be copied so, TLXC_E_STORAGE. */
export async function copyRootfs(request: CopyRequest): Promise<CopiedRootfs> {
  const { source, snapshot, backend, staging, final } = request;
  const { type, parts } = parse(source);
  if (type === 'overlay') {
    if (backend === 'dir')
      throw unsupported(
        `an overlay cannot be copied into a directory yet`,
        'leave out -B: the copy is an overlay too',
      );
    return copyOverlay(parts, request);
  }
  if (type !== 'dir')
    throw unsupported(`a root filesystem of type ${type} cannot be copied yet`, 'dir and overlay can');
  if (snapshot && backend === 'dir')
    throw unsupported('a directory cannot be a snapshot', 'use -B overlay, or leave out -s');
  if (!snapshot && backend === 'overlay')
    throw unsupported('a directory becomes an overlay only as a snapshot', 'add -s, or leave out -B');
  const made = await (snapshot ? overlayBackend : dirBackend).create({
    image: parts[0] ?? '',
    staging,
    final,
  });
  return { ...made, needsSource: snapshot };
}
