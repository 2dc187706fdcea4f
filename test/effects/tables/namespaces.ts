/** Keys of src/config/registry/namespaces.ts. */
import type { World } from '../../rig/world.ts';
import { addBusybox } from '../../rig/containers.ts';
import { boot, type Effect } from '../effect.ts';

const container = ['root', 'userns', 'idmap', 'busybox'] as const;

/** pid's namespace, or that of the world, which is the host to its containers. */
const of = async (world: World, pid: number | 'self', name: string): Promise<string> =>
  (await world.sh(`readlink /proc/${pid}/ns/${name}`)).trim();

const secondsUp = (text: string): number => Number(text.split(' ')[0]);

/** For how many hours the container runs, as it sees it, more than the machine, which may run for a year. */
const hoursAhead = async (world: World, inside: (line: string) => Promise<string>): Promise<number> => {
  const here = secondsUp(await world.sh('cat /proc/uptime'));
  return Math.round((secondsUp(await inside('cat /proc/uptime')) - here) / 3600);
};

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
      t.is(await hoursAhead(world, inside), 1000);
    },
  },
  {
    key: 'lxc.time.offset.monotonic',
    needs: container,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.time.offset.monotonic = 2000h']);
      t.regex(await inside('cat /proc/1/timens_offsets'), /^monotonic +7200000 +0$/m);
      t.is(await hoursAhead(world, inside), 0, 'the other clock is as it was');
    },
  },
  {
    key: 'lxc.namespace.keep',
    needs: container,
    seen: async (t, world) => {
      addBusybox(world, 'c1', {
        privileged: true,
        config: [
          'lxc.init.cmd = /bin/sleep 1000',
          'lxc.net =',
          'lxc.uts.name =',
          'lxc.namespace.keep = pid net ipc uts',
        ],
      });
      await world.sh('tlxc-start -n c1');
      const pid = Number(await world.sh('tlxc-info -n c1 -pH'));
      for (const name of ['pid', 'net', 'ipc', 'uts'])
        t.is(await of(world, pid, name), await of(world, 'self', name), name);
      for (const name of ['mnt', 'cgroup', 'time'])
        t.not(await of(world, pid, name), await of(world, 'self', name), name);
      await world.sh(
        `tlxc-attach -n c1 -- sh -c 'test -d /proc/${pid} && (sleep 2000 </dev/null >/dev/null 2>&1 &)'`,
      );
      await world.sh('tlxc-stop -n c1 -k');
      t.is((await world.run('pgrep', '-f', 'sleep 2000')).code, 1, 'all of its processes end with its init');
    },
  },
  {
    key: 'lxc.namespace.share.*',
    needs: container,
    seen: async (t, world) => {
      addBusybox(world, 'other', { config: ['lxc.time.offset.boot = 1000h'] });
      await world.sh('tlxc-start -n other');
      const other = Number(await world.sh('tlxc-info -n other -pH'));
      const all = ['user', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'time'];
      addBusybox(world, 'c1', {
        privileged: true,
        config: [
          'lxc.init.cmd = /bin/sleep 1000',
          'lxc.uts.name =',
          'lxc.net =',
          'lxc.rootfs.options = idmap=container',
          ...all.map((name) => `lxc.namespace.share.${name} = ${name === 'net' ? other : 'other'}`),
        ],
      });
      await world.sh('tlxc-start -n c1');
      const pid = Number(await world.sh('tlxc-info -n c1 -pH'));
      for (const name of all) t.is(await of(world, pid, name), await of(world, other, name), name);
      t.not(await of(world, pid, 'mnt'), await of(world, other, 'mnt'));
      const inside = 'hostname; readlink /proc/self/ns/pid; ls /sys/class/net; touch /made; stat -c %u /made';
      t.is(
        (await world.sh(`tlxc-attach -n c1 -- sh -c '${inside}'`)).trim(),
        `other\n${await of(world, other, 'pid')}\nlo\n0`,
      );
    },
  },
];
