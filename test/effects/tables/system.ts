/** Keys of src/config/registry/system.ts: the machine that a container is. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { boot, type Effect } from '../effect.ts';
import type { World } from '../../rig/world.ts';

const BUSYBOX = ['root', 'userns', 'idmap', 'busybox'] as const;

/** An init that writes the name of the signal which ends it (or reboots it) into the file /tmp/told of its root filesystem. */
const TELLING_INIT =
  'lxc.init.cmd = /bin/sh -c "' +
  ['USR1', 'USR2', 'TERM'].map((name) => `trap 'echo ${name} > /tmp/told; exit' ${name}`).join('; ') +
  '; echo up > /tmp/told; while :; do sleep 0.1; done"';

/** busybox's own init changes its directory. */
const IDLE_INIT = 'lxc.init.cmd = /bin/sh -c "while :; do sleep 1; done"';

/** Which signal the init of c1 got from a command. */
async function signalOf(world: World, config: string, command: string): Promise<string> {
  const { inside } = await boot(world, [TELLING_INIT, config]);
  await inside('while [ "$(cat /tmp/told 2> /dev/null)" != up ]; do sleep 0.1; done');
  await world.sh(command);
  return readFileSync(join(world.lxcpath, 'c1/rootfs/tmp/told'), 'utf8').trim();
}

const idOf = (which: 'uid' | 'gid'): Effect => ({
  key: `lxc.init.${which}`,
  needs: BUSYBOX,
  seen: async (t, world) => {
    const { inside } = await boot(world, [IDLE_INIT, `lxc.init.${which} = 1000`]);
    const field = which === 'uid' ? 'Uid' : 'Gid';
    t.regex(await inside('cat /proc/1/status'), new RegExp(`^${field}:\\s+1000\\s+1000\\s`, 'm'));
  },
});

export const system: readonly Effect[] = [
  {
    key: 'lxc.include',
    needs: BUSYBOX,
    seen: async (t, world) => {
      writeFileSync(join(world.dir, 'more.conf'), 'lxc.uts.name = included\n');
      const { inside } = await boot(world, [`lxc.include = ${world.dir}/more.conf`]);
      t.is(await inside('hostname'), 'included');
    },
  },
  {
    key: 'lxc.uts.name',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.uts.name = elsewhere']);
      t.is(await inside('hostname'), 'elsewhere');
    },
  },
  {
    key: 'lxc.arch',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.arch = i686']);
      t.is(await inside('uname -m'), 'i686');
      t.is(await inside('cat /proc/1/personality'), '00000008');
    },
  },
  {
    key: 'lxc.init.cmd',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.init.cmd = /bin/sh -c "while :; do sleep 1; done" one']);
      t.is(await inside("tr '\\0' '|' < /proc/1/cmdline"), '/bin/sh|-c|while :; do sleep 1; done|one|');
    },
  },
  {
    key: 'lxc.init.cwd',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const { inside } = await boot(world, [IDLE_INIT, 'lxc.init.cwd = /tmp']);
      t.is(await inside('readlink /proc/1/cwd'), '/tmp');
    },
  },
  idOf('uid'),
  idOf('gid'),
  {
    key: 'lxc.signal.halt',
    needs: BUSYBOX,
    seen: async (t, world) => {
      t.is(await signalOf(world, 'lxc.signal.halt = SIGUSR2', 'tlxc-stop -n c1 -t 5'), 'USR2');
    },
  },
  {
    key: 'lxc.signal.reboot',
    needs: BUSYBOX,
    // The init ends of it, so the container does not come back: what counts is which signal it was.
    seen: async (t, world) => {
      t.is(await signalOf(world, 'lxc.signal.reboot = SIGUSR1', 'tlxc-stop -n c1 -r -t 5 || true'), 'USR1');
    },
  },
  {
    key: 'lxc.signal.stop',
    needs: BUSYBOX,
    seen: async (t, world) => {
      t.is(await signalOf(world, 'lxc.signal.stop = SIGTERM', 'tlxc-stop -n c1 -k'), 'TERM');
    },
  },
  {
    key: 'lxc.log.file',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const file = join(world.dir, 'start.log');
      await boot(world, [`lxc.log.file = ${file}`, 'lxc.log.level = TRACE']);
      t.regex(readFileSync(file, 'utf8'), /c1/);
    },
  },
  {
    key: 'lxc.log.level',
    needs: BUSYBOX,
    seen: async (t, world) => {
      const file = join(world.dir, 'start.log');
      await boot(world, [`lxc.log.file = ${file}`, 'lxc.log.level = ERROR']);
      const quiet = existsSync(file) ? readFileSync(file, 'utf8') : '';
      await world.sh('tlxc-stop -n c1 -k');
      await world.sh(`tlxc-start -n c1 -s lxc.log.level=INFO`);
      t.true(readFileSync(file, 'utf8').length > quiet.length + 20);
    },
  },
  {
    key: 'lxc.init.groups',
    needs: ['root', 'userns', 'idmap', 'busybox'],
    seen: async (t, world) => {
      const { inside } = await boot(world, ['lxc.init.groups = 5,6', 'lxc.init.groups = 1000']);
      t.regex(await inside('cat /proc/1/status'), /^Groups:\t5 6 1000 *$/m);
    },
  },
  {
    key: 'lxc.execute.cmd',
    needs: ['root', 'userns', 'idmap', 'busybox'],
    seen: async (t, world) => {
      addBusybox(world, 'c1', { config: ['lxc.execute.cmd = /bin/echo "from the configuration"'] });
      t.is(await world.sh('tlxc-execute -n c1'), 'from the configuration\n');
    },
  },
];
