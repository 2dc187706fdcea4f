/** Keys of src/config/registry/lifecycle.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import type { World } from '../../rig/world.ts';
import { boot, type Effect } from '../effect.ts';
import { script } from './running.ts';

const BUSYBOX = ['root', 'userns', 'idmap', 'busybox'] as const;

/** What tlxc-autostart would start of these containers, in its order. */
async function wouldStart(
  world: World,
  configs: Readonly<Record<string, string>>,
  words = '',
): Promise<string[]> {
  for (const [name, line] of Object.entries(configs)) addBusybox(world, name, { config: [line] });
  return (await world.sh(`tlxc-autostart -L ${words}`)).trim().split('\n');
}

/** The pid of its init once it is another one. */
const restarted = (world: World, before: number): Promise<number> =>
  eventually(30, async () => {
    const pid = Number(await world.sh('tlxc-info -n c1 -pH'));
    return pid > 0 && pid !== before ? pid : undefined;
  });

export const lifecycle: readonly Effect[] = [
  {
    key: 'lxc.start.auto',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const configs = { c1: 'lxc.start.auto = 0', c2: 'lxc.start.auto = 1', c3: '' };
      t.deepEqual(await wouldStart(world, configs), ['c2 0']);
    },
  },
  {
    key: 'lxc.start.delay',
    needs: BUSYBOX,
    seen: async (t, world) => {
      t.deepEqual(await wouldStart(world, { c1: 'lxc.start.delay = 1' }, '-A'), ['c1 1']);
      const begin = performance.now();
      await world.sh('tlxc-autostart -A');
      t.true(performance.now() - begin >= 1000);
    },
  },
  {
    key: 'lxc.start.order',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const configs = { c1: 'lxc.start.order = 3', c2: 'lxc.start.order = -1', c3: '' };
      t.deepEqual(await wouldStart(world, configs, '-A'), ['c2 0', 'c3 0', 'c1 0']);
    },
  },
  {
    key: 'tlxc.start.after',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const configs = {
        c1: 'tlxc.start.after = c3 c2',
        c2: 'lxc.start.order = 5',
        c3: 'tlxc.start.after = c2',
      };
      t.deepEqual(await wouldStart(world, configs, '-A'), ['c2 0', 'c3 0', 'c1 0']);
    },
  },
  {
    key: 'tlxc.start.ready',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const made = {
        first: 'tlxc.start.ready = exec:test -e /run/up',
        then: 'lxc.start.auto = 1\ntlxc.start.after = first',
      };
      for (const [name, line] of Object.entries(made)) addBusybox(world, name, { config: line.split('\n') });
      const starting = world.run('tlxc-autostart');
      await world.sh('tlxc-wait -n first -s RUNNING');
      t.is(await world.sh('tlxc-info -n then -sH'), 'STOPPED\n');
      await world.sh('tlxc-attach -n first -- touch /run/up');
      t.like(await starting, { code: 0, stderr: '' });
      t.is(await world.sh('tlxc-info -n then -sH'), 'RUNNING\n');
      await world.sh('tlxc-stop -k first; tlxc-stop -k then');
    },
  },
  {
    key: 'tlxc.restart',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { pid } = await boot(world, ['tlxc.restart = on-failure']);
      await world.sh(`kill -KILL ${pid}`);
      const other = await restarted(world, pid);
      await world.sh('tlxc-stop -k c1');
      t.is(await world.sh('tlxc-info -n c1 -sH'), 'STOPPED\n');
      t.not(other, pid);
    },
  },
  {
    key: 'tlxc.restart.delay',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { pid } = await boot(world, ['tlxc.restart = on-failure', 'tlxc.restart.delay = 3']);
      const begin = performance.now();
      await world.sh(`kill -KILL ${pid}`);
      await restarted(world, pid);
      t.true(performance.now() - begin >= 3000);
    },
  },
  {
    key: 'tlxc.restart.max',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const config = [
        'tlxc.restart = always',
        'tlxc.restart.max = 1',
        'lxc.init.cmd = /bin/sh -c "sleep 0.2; exit 3"',
      ];
      await boot(world, config);
      const told = await eventually(30, async () => {
        const text = await world.sh('tlxc-info -n c1');
        return text.includes('given up') ? text : undefined;
      });
      t.regex(told, /^Restart: +given up after 1 restart$/m);
    },
  },
  {
    key: 'lxc.group',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const configs = { c1: 'lxc.group = web', c2: 'lxc.group = db web', c3: '' };
      t.deepEqual(await wouldStart(world, configs, '-A -g db'), ['c2 0']);
      t.is(await world.sh('tlxc-ls -1 -g web'), 'c1\nc2\n');
    },
  },
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
      await eventually(30, () => Promise.resolve(existsSync(join(world.lxcpath, 'c1')) ? undefined : true));
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
      const init = `/bin/sh -c "trap 'touch /heard; exit 0' USR1; : > /dev/listens; while :; do sleep 0.05; done"`;
      await boot(world, ['lxc.monitor.signal.pdeath = SIGUSR1', `lxc.init.cmd = ${init}`]);
      await world.sh("tlxc-wait -n c1 --for='exec:test -e /dev/listens' -t 60");
      await world.sh('kill -KILL $(sed \'s/.*"monitorPid":\\([0-9]*\\).*/\\1/\' run/*/c1/instance.json)');
      const heard = join(world.lxcpath, 'c1/rootfs/heard');
      t.true(await eventually(30, () => Promise.resolve(existsSync(heard) || undefined)));
      await world.sh('tlxc-start c1'); // sweeps what the monitor left
    },
  },
];
