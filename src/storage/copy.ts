/** A root filesystem from another container's: one like it, one of another type, or one that lies over it. */
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import type { Backend, Circumstances, NewRootfs, Place } from './backend.ts';
import { backendFor, refuseObstacle } from './choose.ts';
import { asOneTree } from './view.ts';
import { volumeAt } from './volume-at.ts';

export interface CopyRequest {
  /** The source's lxc.rootfs.path: [TYPE:]PATH. */
  readonly source: string;
  /** Copy-on-write. */
  readonly snapshot: boolean;
  /** -B; null: that of the source, or for a snapshot of a directory overlay. */
  readonly backend: string | null;
  readonly place: Place;
  readonly circumstances: Circumstances;
  /** It is a container's, and kept to the size that its source is kept to, where the place says no other. */
  readonly keepLimit?: boolean;
}

const unsupported = (message: string, hint: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_UNSUPPORTED', message, hint });

/** The source, and what holds it. */
interface Source {
  readonly from: Backend;
  readonly path: string;
}

function targetOf({ snapshot, backend }: CopyRequest, { from, path }: Source): Backend {
  if (backend !== null) return backendFor(backend);
  return snapshot && from.canLieBelow?.(path) === true ? backendFor('overlay') : from;
}

function refuseImpossible({ snapshot }: CopyRequest, { from, path }: Source, to: Backend): void {
  const becomesLower = to.name === 'overlay' && from.canLieBelow?.(path) === true;
  if (snapshot && from === to && !from.snapshots) {
    const [what, hint] =
      from.name === 'dir'
        ? ['directory', 'make it an overlay (-B overlay), or a copy rather than a snapshot (-s)']
        : [from.name, 'make a copy rather than a snapshot (-s)'];
    throw unsupported(`a ${what} cannot be a snapshot`, hint);
  }
  if (snapshot && from !== to && !becomesLower) {
    const message = `a snapshot of a root filesystem of type ${from.name} cannot be of type ${to.name}`;
    throw unsupported(message, 'keep the type (-B), or make a copy rather than a snapshot (-s)');
  }
  if (!snapshot && from !== to && to.name === 'overlay')
    throw unsupported(
      'a root filesystem becomes an overlay only as a snapshot of a directory',
      'make a snapshot (-s), or keep the type (-B)',
    );
}

async function placeOf(
  { place, keepLimit }: CopyRequest,
  { from, path }: Source,
  to: Backend,
): Promise<Place> {
  if (!keepLimit || !from.limited || !to.limited) return place;
  const usages = await from.usage?.([path]);
  const fssize = place.options.fssize ?? usages?.[0]?.limit;
  return fssize ? { ...place, options: { ...place.options, fssize } } : place;
}

/** Throws TLXC_E_UNSUPPORTED where the source's type cannot be copied so, TLXC_E_STORAGE. */
export async function copyRootfs(request: CopyRequest): Promise<NewRootfs> {
  const { type, path } = volumeAt(request.source);
  const source = { from: backendFor(type), path };
  const { from } = source;
  const to = targetOf(request, source);
  refuseImpossible(request, source, to);
  const place = await placeOf(request, source, to);
  const beside = from === to ? to.beside?.(path) : {};
  await refuseObstacle(to, { ...beside, ...place.options }, request.circumstances);
  await from.attach?.(path, place.settings);
  const mountPoints: string[] = [];
  const mountPoint = (): string => {
    const directory = join(place.staging, `.source${mountPoints.length}`);
    mkdirSync(directory);
    mountPoints.push(directory);
    return directory;
  };
  const made = await (from === to
    ? to.copy(place, path, { snapshot: request.snapshot, mountPoint })
    : to.create(place, asOneTree(from.view(path, mountPoint), mountPoint)));
  // What was mounted there was in namespaces of processes that have ended.
  for (const directory of mountPoints) rmdirSync(directory);
  return made;
}
