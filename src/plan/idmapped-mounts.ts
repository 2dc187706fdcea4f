/** idmap= and owner=, of a mount or of the root filesystem: mount_setattr(2) with MOUNT_ATTR_IDMAP. */
import type { ContainerConfig } from '../config/model.ts';
import { hostId } from './attach.ts';
import { mapsToThemselves } from './idmap.ts';
import type { Compilation } from './input.ts';

/** Of any such mount. */
function obstacleToAny(option: string, { host }: Compilation): string | undefined {
  if (host.user !== null) return `${option} takes root: no user may map the ids of a mount`;
  if (!host.idmappedMounts) return `${option} needs Linux 5.12, this is ${host.kernelRelease}`;
  return undefined;
}

/** In a container no mount maps ids; and where each is mapped to itself, none has to. */
export const isNeedless = (idmap: string, { config, host }: Pick<Compilation, 'config' | 'host'>): boolean =>
  idmap === 'container' && host.nested !== null && mapsToThemselves(config.idmap);

/** Why this container on this host cannot have it; undefined where it can. */
export function obstacleToIdmap(idmap: string, compilation: Compilation): string | undefined {
  const obstacle = obstacleToAny(`idmap=${idmap}`, compilation);
  if (obstacle !== undefined) return obstacle;
  if (idmap === 'container')
    return compilation.config.idmap.length > 0 ? undefined : 'idmap=container needs lxc.idmap lines';
  if (idmap.startsWith('/')) return undefined;
  return `idmap=${idmap}: it must be container, or the path of a user namespace file such as /proc/PID/ns/user`;
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** UID:GID, ids of the container's; null: it is none. */
function parseOwner(text: string): Owner | null {
  const [, uid, gid] = /^(\d{1,10}):(\d{1,10})$/.exec(text) ?? [];
  return uid === undefined || gid === undefined ? null : { uid: Number(uid), gid: Number(gid) };
}

/** The host's ids of an owner in the container; null where there is none, or not in the container. */
export function ownerOf(text: string, { idmap }: Pick<ContainerConfig, 'idmap'>): Owner | null {
  const inside = parseOwner(text);
  if (inside === null) return null;
  const maps = idmap.map(({ value }) => value);
  const [uid, gid] = [hostId(maps, 'uid', inside.uid), hostId(maps, 'gid', inside.gid)];
  return uid === null || gid === null ? null : { uid, gid };
}

/** The same of owner=UID:GID. */
export function obstacleToOwner(owner: string, compilation: Compilation): string | undefined {
  const obstacle = obstacleToAny(`owner=${owner}`, compilation);
  if (obstacle !== undefined) return obstacle;
  if (parseOwner(owner) === null)
    return `owner=${owner}: it must be UID:GID, numbers as the container knows them (owner=33:33)`;
  if (ownerOf(owner, compilation.config) !== null) return undefined;
  return `owner=${owner}: the container has no such ids (lxc.idmap)`;
}
