/** Keys of src/config/registry/devices.ts about /dev and its terminals; lxc.console.* is in console.ts. */
import { boot, type Effect } from '../effect.ts';

const needs = ['root', 'userns', 'idmap', 'busybox'] as const;

export const devices: readonly Effect[] = [
  {
    key: 'tlxc.device',
    needs,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['tlxc.device = /dev/zero -> /dev/given mode=0640 uid=5']);
      t.is(
        await inside('stat -c "%a %u %g %t:%T" /dev/given; head -c 4 /dev/given | wc -c'),
        '640 5 0 1:5\n4',
      );
    },
  },
  {
    key: 'lxc.autodev',
    needs,
    seen: async (t, world) => {
      const { inside, pid } = await boot(world, ['lxc.autodev = 0']);
      t.notRegex(await world.sh(`cat /proc/${pid}/mounts`), / \/dev /);
      await world.sh('tlxc-stop -k -n c1; tlxc-start -n c1 -s lxc.autodev=1');
      t.is(
        await inside('grep -c " /dev " /proc/mounts; [ -c /dev/full ] && readlink /dev/fd'),
        '1\n/proc/self/fd',
      );
    },
  },
  {
    key: 'lxc.autodev.tmpfs.size',
    needs,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.autodev.tmpfs.size = 131072']);
      t.regex(await inside('grep " /dev " /proc/mounts'), /size=128k/);
      t.regex(
        await inside('dd if=/dev/zero of=/dev/big bs=4k count=64 2>&1; true'),
        /No space left on device/,
      );
    },
  },
  {
    key: 'lxc.tty.max',
    needs,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.tty.max = 3']);
      t.is(
        await inside('for tty in /dev/tty[0-9]; do [ -c $tty ] && echo $tty; done'),
        '/dev/tty1\n/dev/tty2\n/dev/tty3',
      );
      t.regex(await inside(`tr '\\0' '\\n' < /proc/1/environ`), /^container_ttys=pts\/1 pts\/2 pts\/3$/m);
    },
  },
  {
    key: 'lxc.tty.dir',
    needs,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.tty.max = 2', 'lxc.tty.dir = lxc']);
      t.is(
        await inside('for name in tty1 tty2 console; do readlink /dev/$name; done'),
        'lxc/tty1\nlxc/tty2\nlxc/console',
      );
      t.is(await inside('ls /dev/lxc'), 'console\ntty1\ntty2');
    },
  },
  {
    key: 'lxc.pty.max',
    needs: [...needs, 'terminal'],
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.tty.max = 1', 'lxc.pty.max = 3']);
      t.regex(await inside('grep " /dev/pts " /proc/mounts'), /max=4/);
      // The console and the terminal have two of the four.
      const open = 'for each in 3 4 5; do (exec 9<>/dev/ptmx && echo opened && sleep 2) 2>&1 & done; wait';
      t.deepEqual(
        (await inside(open))
          .split('\n')
          .map((line) => line.replace(/.*: /, ''))
          .sort(),
        ['No space left on device', 'opened', 'opened'],
      );
    },
  },
];
