/** lxc.hook.*: each is seen at its moment and in its place. */
import type { World } from '../../rig/world.ts';
import { boot, type Effect } from '../effect.ts';
import { script } from './running.ts';

const BUSYBOX = ['root', 'userns', 'idmap', 'busybox'] as const;

/** A line of shell whose output goes into the file "told", as the command of this hook. */
async function telling(world: World, hook: string, line: string): Promise<string> {
  await world.sh('mkdir -m 777 out'); // the container's root writes there
  return `lxc.hook.${hook} = ${script(world, 'hook', `{ ${line}; } > ${world.dir}/out/told 2>&1`)}`;
}

const told = (world: World) => world.sh('cat out/told');

/** c1 starts with a hook that prints; what it printed. */
async function tells(
  world: World,
  hook: string,
  line: string,
  config: readonly string[] = [],
): Promise<string> {
  await boot(world, [await telling(world, hook, line), ...config]);
  return told(world);
}

const MOUNTS = 'readlink /proc/self/ns/mnt';

export const hooks: readonly Effect[] = [
  {
    key: 'lxc.hook.pre-start',
    needs: BUSYBOX,
    seen: async (t, world) => {
      t.is(
        await tells(world, 'pre-start', `${MOUNTS}; echo \${LXC_PID-none}`),
        `${await world.sh(MOUNTS)}none\n`,
      );
    },
  },
  {
    key: 'lxc.hook.pre-mount',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const said = await tells(world, 'pre-mount', `${MOUNTS}; ls $LXC_ROOTFS_MOUNT`);
      t.regex(said, /^mnt:\[\d+\]\n$/, 'nothing is mounted yet');
      t.not(said, await world.sh(MOUNTS));
    },
  },
  {
    key: 'lxc.hook.mount',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const said = await tells(
        world,
        'mount',
        'cat $LXC_ROOTFS_MOUNT/etc/group $LXC_ROOTFS_MOUNT/proc/1/comm',
      );
      t.regex(said, /^root:x:0:\nuser:x:1000:\n\S/);
    },
  },
  {
    key: 'lxc.hook.autodev',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const said = await tells(
        world,
        'autodev',
        'cd $LXC_ROOTFS_MOUNT/dev; stat -f -c %T .; ls null || true',
      );
      t.regex(said, /^tmpfs\nls: .*null/);
    },
  },
  {
    key: 'lxc.hook.start-host',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const said = await tells(world, 'start-host', `${MOUNTS}; tr '\\0' ' ' < /proc/$LXC_PID/cmdline`);
      t.true(said.startsWith(await world.sh(MOUNTS)), said);
      t.notRegex(said, /init $/, 'init has not begun');
    },
  },
  {
    key: 'lxc.hook.start',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { inside } = await boot(world, [`lxc.hook.start = /bin/sh -c 'hostname > /told'`]);
      t.is(await inside('cat /told'), 'c1');
    },
  },
  {
    key: 'lxc.hook.stop',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const line = 'echo $LXC_TARGET; [ -e /proc/$LXC_PID/stat ] || echo ended; readlink $LXC_UTS_NS';
      await boot(world, [await telling(world, 'stop', line)]);
      const uts = await world.sh('tlxc-attach -n c1 -- readlink /proc/1/ns/uts');
      await world.sh('tlxc-stop -k c1');
      t.is(await told(world), `stop\nended\n${uts}`);
    },
  },
  {
    key: 'lxc.hook.post-stop',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const line = 'echo $LXC_TARGET; find /sys/fs/cgroup -name "*payload.c1"';
      await boot(world, [await telling(world, 'post-stop', line)]);
      await world.sh('tlxc-stop -r c1');
      t.is(await told(world), 'reboot\n');
      await world.sh('tlxc-stop -k c1');
      t.is(await told(world), 'stop\n');
    },
  },
  {
    key: 'lxc.hook.clone',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await boot(world, [await telling(world, 'clone', 'echo $LXC_SRC_NAME $LXC_NAME $*')]);
      await world.sh('tlxc-stop -k c1; tlxc-copy -n c1 -N c2 -- more');
      t.is(await told(world), 'c1 c2 c2 lxc clone more\n');
    },
  },
  {
    key: 'lxc.hook.destroy',
    needs: BUSYBOX,
    seen: async (t, world) => {
      await boot(world, [await telling(world, 'destroy', 'ls -d $LXC_ROOTFS_PATH')]);
      await world.sh('tlxc-destroy -f -n c1');
      t.is(await told(world), `${world.lxcpath}/c1/rootfs\n`);
    },
  },
  {
    key: 'lxc.hook.version',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const said = await tells(world, 'pre-start', 'echo $LXC_HOOK_TYPE $LXC_HOOK_VERSION $#', [
        'lxc.hook.version = 1',
      ]);
      t.is(said, 'pre-start 1 0\n');
    },
  },
];
