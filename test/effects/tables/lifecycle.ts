/** Keys of src/config/registry/lifecycle.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../rig/eventually.ts';
import { boot, type Effect } from '../effect.ts';
import { script } from './running.ts';

const BUSYBOX = ['root', 'userns', 'idmap', 'busybox'] as const;

export const lifecycle: readonly Effect[] = [
  {
    key: 'lxc.ephemeral',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const destroyed = script(world, 'destroyed', `echo gone > ${world.dir}/destroyed.out`);
      await boot(world, ['lxc.ephemeral = 1', `lxc.hook.destroy = ${destroyed}`]);
      await world.sh('tlxc-stop -r c1');
      t.is(await world.sh('tlxc-info -n c1 -sH'), 'RUNNING\n');
      // By itself, with no command that waits for it.
      await world.run('tlxc-attach', '-n', 'c1', '--', 'poweroff');
      await eventually(10, () => Promise.resolve(existsSync(join(world.lxcpath, 'c1')) ? undefined : true));
      t.is(await world.sh('cat destroyed.out'), 'gone\n');
    },
  },
  {
    key: 'lxc.monitor.unshare',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const mounts = script(
        world,
        'mounts',
        `mount -t tmpfs hookmount /mnt && grep -c hookmount /proc/self/mounts > ${world.dir}/out`,
      );
      await boot(world, ['lxc.monitor.unshare = 1', `lxc.hook.pre-start = ${mounts}`]);
      t.is(await world.sh('cat out'), '1\n');
      t.is(await world.sh('grep -c hookmount /proc/self/mounts || true'), '0\n');
    },
  },
  {
    key: 'lxc.monitor.signal.pdeath',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const init = `/bin/sh -c "trap 'touch /heard; exit 0' USR1; while :; do sleep 0.05; done"`;
      await boot(world, ['lxc.monitor.signal.pdeath = SIGUSR1', `lxc.init.cmd = ${init}`]);
      await world.sh('kill -KILL $(sed \'s/.*"monitorPid":\\([0-9]*\\).*/\\1/\' run/*/c1/instance.json)');
      const heard = join(world.lxcpath, 'c1/rootfs/heard');
      await eventually(10, () => Promise.resolve(existsSync(heard) || undefined));
      await world.sh('tlxc-start c1'); // sweeps what the monitor left
      t.pass();
    },
  },
];
