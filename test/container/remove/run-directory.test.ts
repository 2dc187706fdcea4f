/** What a container has in the run directory goes with it, and whoever waited for its lock finds that it is gone. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

/** The containers that have a run directory. */
const kept = (world: World): readonly string[] =>
  readdirSync(world.runDir)
    .flatMap((key) => (/^[0-9a-f]{16}$/.test(key) ? readdirSync(join(world.runDir, key)) : []))
    .sort();

rooted('it goes when the container is destroyed, or has another name', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['u1', 'u2']) addBusybox(world, name);
  await world.sh(`set -e; tlxc-start -n u1; tlxc-stop -k -n u1; tlxc-copy -n u1 -N u3 -s; tlxc-destroy -n u3
    tlxc-start -n u2; tlxc-stop -k -n u2`);
  t.deepEqual(kept(world), ['u1', 'u2']);
  await world.sh('tlxc-destroy -n u1; tlxc-copy -R -n u2 -N u4; tlxc-start -n u4; tlxc-destroy -f -n u4');
  t.deepEqual(kept(world), []);
});

rooted(
  'who waits for a container that is being destroyed is told that there is none, and may make one',
  async (t) => {
    const world = await makeWorld(t);
    const hook = join(world.dir, 'hook');
    writeFileSync(hook, `#!/bin/sh\n: > ${world.dir}/begun\ncat ${world.dir}/go\n`, { mode: 0o755 });
    addBusybox(world, 'u1', { config: [`lxc.hook.destroy = ${hook}`] });
    addBusybox(world, 'u2');
    await world.sh('mkfifo go');
    const first = world.run('tlxc-destroy', '-n', 'u1');
    await eventually(30, () => Promise.resolve(existsSync(join(world.dir, 'begun')) || undefined));
    const waiting = ['tlxc-destroy -n u1', 'tlxc-start -n u1', 'tlxc-copy -n u1 -N u3'].map((line) =>
      world.run('sh', '-c', line),
    );
    await sleep(1_000);
    await world.sh('echo > go');
    t.is((await first).code, 0);
    for (const { code, stderr } of await Promise.all(waiting)) {
      t.is(code, 1);
      t.regex(stderr, /u1: Container is not defined/);
    }
    await world.sh('tlxc-copy -n u2 -N u1; tlxc-start -n u1; tlxc-destroy -f -n u1');
  },
);
