/** A start that is ended while a hook of the host's hangs. */
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

/** A pre-start hook that leaves its pid in the world's file `hook`, and goes on when the fifo `gate` is written to. */
async function addHanging(world: World): Promise<void> {
  const hook = join(world.dir, 'hang');
  writeFileSync(
    hook,
    `#!/bin/sh\ncd ${world.dir}\necho $$ > hook.new; mv hook.new hook\nread line < gate\n`,
    {
      mode: 0o755,
    },
  );
  await world.sh('mkfifo gate');
  addBusybox(world, 'c1', { privileged: true, config: [`lxc.hook.pre-start = ${hook}`] });
}

const hookPid = (world: World): Promise<string> =>
  eventually(30, async () =>
    existsSync(join(world.dir, 'hook')) ? (await world.sh('cat hook')).trim() : undefined,
  );

const isGone = async (world: World, pid: string): Promise<true | undefined> =>
  (await world.run('kill', '-0', pid)).code === 0 ? undefined : true;

rooted(
  'who asks twice does not wait for a hook that hangs; once, the container is ended when it runs',
  async (t) => {
    const world = await makeWorld(t);
    await addHanging(world);
    for (const signals of [2, 1]) {
      const start = world.spawn('sh', '-c', 'rm -f hook; echo $$; exec tlxc-start -F -n c1 </dev/null');
      const ended = once(start, 'exit') as Promise<[number | null, string | null]>;
      const [said] = (await once(start.stdout, 'data')) as [Buffer];
      const pid = await hookPid(world);
      for (let sent = 0; sent < signals; sent++)
        await world.sh(`kill -TERM ${said.toString().trim()}; sleep 0.2`);
      if (signals === 2) t.deepEqual(await ended, [null, 'SIGTERM'], 'the hook still hangs');
      await world.sh('echo go > gate');
      if (signals === 1) t.deepEqual(await ended, [143, null]);
      await eventually(30, () => isGone(world, pid));
      await eventually(30, async () =>
        (await world.sh('tlxc-info -n c1 -s -H')).trim() === 'STOPPED' ? true : undefined,
      );
      await world.sh('rm hook');
    }
  },
);

rooted('a hook of the host ends with its monitor, and the start says so', async (t) => {
  const world = await makeWorld(t);
  await addHanging(world);
  const start = world.run('tlxc-start', '-n', 'c1');
  const pid = await hookPid(world);
  await world.sh(`kill -9 $(ps -o ppid= -p ${pid})`);
  const { code, stderr } = await start;
  t.is(code, 1);
  t.regex(stderr, /^tlxc-start: c1: the monitor died before the container ran$/m);
  await eventually(30, () => isGone(world, pid));
  await world.sh('(echo go > gate) & tlxc-start -n c1; wait');
});
