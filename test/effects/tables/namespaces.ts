/** Keys of src/config/registry/namespaces.ts. */
import type { World } from '../../rig/world.ts';
import { boot, type Effect } from '../effect.ts';

const container = ['root', 'userns', 'idmap', 'busybox'] as const;

/** pid's namespace, or that of the world, which is the host to its containers. */
const of = (world: World, pid: number | 'self', name: string): Promise<string> =>
  world.sh(`readlink /proc/${pid}/ns/${name}`);

/** Seconds since the container's boot. */
const uptime = async (inside: (line: string) => Promise<string>): Promise<number> =>
  Number((await inside('cat /proc/uptime')).split(' ')[0]);

export const namespaces: readonly Effect[] = [
  {
    key: 'lxc.namespace.clone',
    needs: container,
    seen: async (t, world) => {
      const { pid, inside } = await boot(world, ['lxc.namespace.clone = user mnt pid net cgroup time']);
      t.is(
        await of(world, pid, 'ipc'),
        await of(world, 'self', 'ipc'),
        "what is not listed stays the host's",
      );
      for (const name of ['user', 'mnt', 'pid', 'net', 'cgroup', 'time'])
        t.not(await of(world, pid, name), await of(world, 'self', name), name);
      t.is(await inside('echo here'), 'here');
    },
  },
  {
    key: 'lxc.time.offset.boot',
    needs: container,
    seen: async (t, world) => {
      const { inside, pid } = await boot(world, ['lxc.time.offset.boot = 1000h']);
      t.not(await of(world, pid, 'time'), await of(world, 'self', 'time'));
      t.true((await uptime(inside)) > 3_600_000);
    },
  },
];
