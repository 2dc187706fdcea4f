/** idmap=container or idmap=PATH, of a mount or of the root filesystem: mount_setattr(2) with MOUNT_ATTR_IDMAP. */
import type { Compilation } from './input.ts';

/** Why this container on this host cannot have it; undefined where it can. */
export function obstacleToIdmap(idmap: string, { config, host }: Compilation): string | undefined {
  if (host.user !== null) return `idmap=${idmap} takes root: no user may map the ids of a mount`;
  if (!host.idmappedMounts) return `idmap=${idmap} needs Linux 5.12, this is ${host.kernelRelease}`;
  if (idmap === 'container')
    return config.idmap.length > 0 ? undefined : 'idmap=container needs lxc.idmap lines';
  if (idmap.startsWith('/')) return undefined;
  return `idmap=${idmap}: it must be container, or the path of a user namespace file such as /proc/PID/ns/user`;
}
