/** A /dev and an /etc/group of the world's own: a host with other devices than this machine has. */
import type { ExecutionContext } from 'ava';
import { join } from 'node:path';
import type { World } from './world.ts';

/** Every device of it reads as zeros: the kernel has that one everywhere. */
export interface StandIn {
  /** Below /dev: "dri/renderD128". */
  readonly name: string;
  /** Four octal digits. */
  readonly mode: string;
  /** Of the host's groups. */
  readonly group: string;
}

/** What the host's groups are called, and their numbers. */
export const HOST_GROUPS = { render: 993, video: 995, dialout: 997 } as const;

const KEPT = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'ptmx'];

/** The world's /dev holds what every system has, and these. They are the world's, and go with it. */
export async function standIn(t: ExecutionContext, world: World, devices: readonly StandIn[]): Promise<void> {
  const dev = join(world.dir, 'dev');
  const groups = Object.entries(HOST_GROUPS).map(([name, gid]) => `${name}:x:${gid}:`);
  await world.furnish(`mkdir ${dev}; mount -t tmpfs -o mode=755 dev ${dev}
    for name in ${KEPT.join(' ')}; do cp -a /dev/$name ${dev}; done
    mkdir ${dev}/pts ${dev}/shm; mount --bind /dev/pts ${dev}/pts
    printf '%s\\n' root:x:0: ${groups.join(' ')} >${world.dir}/group
    mount --bind ${world.dir}/group /etc/group
    ${devices.map(({ name, mode, group }) => `mkdir -p $(dirname ${dev}/${name}); mknod -m ${mode} ${dev}/${name} c 1 5; chgrp ${group} ${dev}/${name}`).join('\n')}
    mount --rbind ${dev} /dev`);
  t.teardown(() => world.sh('umount /etc/group'));
}
