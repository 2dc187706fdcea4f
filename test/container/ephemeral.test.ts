import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

async function ephemeral(t: ExecutionContext, config: readonly string[] = []) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: ['lxc.ephemeral = 1', ...config] });
  return { world, exists: () => existsSync(join(world.lxcpath, 'u1')) };
}

rooted('when tlxc-stop returns it is gone, and its name is free', async (t) => {
  const { world, exists } = await ephemeral(t);
  await world.sh('tlxc-start u1');
  t.true(exists());
  await world.sh('tlxc-stop u1');
  t.false(exists());
  t.is((await world.run('tlxc-start', 'u1')).code, 1);
});

rooted('in the foreground too', async (t) => {
  const { world, exists } = await ephemeral(t);
  const { code, stdout } = await world.run(
    'tlxc-start',
    'u1',
    '-F',
    '--',
    '/bin/sh',
    '-c',
    'echo hi; exit 3',
  );
  t.deepEqual([code, stdout, exists()], [3, 'hi\r\n', false]);
});

rooted('one whose start fails stays', async (t) => {
  const { world, exists } = await ephemeral(t, ['lxc.hook.pre-start = /bin/false']);
  t.is((await world.run('tlxc-start', 'u1')).code, 1);
  t.true(exists());
});

rooted('one that comes up once, and not again after a reboot, goes', async (t) => {
  const { world, exists } = await ephemeral(t);
  await world.sh('printf "#!/bin/sh\\nmkdir $PWD/once\\n" > hook; chmod +x hook');
  await world.sh(`echo "lxc.hook.pre-start = $PWD/hook" >> ${world.lxcpath}/u1/config; tlxc-start u1`);
  const { stderr } = await world.run('tlxc-stop', '-r', 'u1');
  t.regex(stderr, /stopped instead of rebooting\n +hint: it was for one run .* make another/);
  await world.sh('tlxc-wait -n u1 -s STOPPED -t 60');
  t.false(exists());
});

rooted('one whose monitor is wedged goes when it is killed', async (t) => {
  const { world, exists } = await ephemeral(t);
  await world.sh('tlxc-start u1');
  await world.sh(`kill -STOP $(sed 's/.*"monitorPid":\\([0-9]*\\).*/\\1/' run/*/u1/instance.json)`);
  await world.sh('tlxc-stop -k u1');
  t.false(exists());
});

rooted('a destroy hook that fails keeps it, and the log says why', async (t) => {
  const { world, exists } = await ephemeral(t, ['lxc.hook.destroy = /bin/false', 'lxc.log.file = log']);
  await world.sh('tlxc-start u1; tlxc-stop u1');
  t.true(exists());
  t.regex(await world.sh(`cat ${world.lxcpath}/u1/log`), /the destroy hook \/bin\/false failed/);
});

rooted('another container that has taken its name meanwhile is left alone', async (t) => {
  const { world, exists } = await ephemeral(t);
  const { code } = await world.run('tlxc-destroy', '-n', 'u1', '--incarnation', '1:2:3');
  t.is(code, 1);
  t.true(exists());
});

rooted('a container that is not defined is not destroyed, which is said', async (t) => {
  const { world } = await ephemeral(t);
  await world.sh(
    `grep -v rootfs.path ${world.lxcpath}/u1/config > other.conf; mkdir copy; cp -a ${world.lxcpath}/u1/rootfs copy`,
  );
  const words = ['-f', 'other.conf', '-s', `lxc.rootfs.path=${world.dir}/copy/rootfs`];
  const { code, stderr } = await world.run('tlxc-start', 'u2', ...words);
  t.is(code, 0);
  t.regex(stderr, /other\.conf:\d+: u2 is not defined in .*: nothing is destroyed when it stops/);
  await world.sh('tlxc-stop -k u2');
  t.true(existsSync(join(world.dir, 'copy/rootfs')));
});
