/** A container that puts links in the way of a device that it is given. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const tested = requires('root', 'userns', 'idmap', 'busybox');
const ATTEMPTS = 12;

/** Turns /dev/d into a link to the host's path and back, for ever. */
const swapping = (victim: string): string =>
  `while :; do rm -rf /dev/d; ln -s ${victim} /dev/d; rm -f /dev/d; mkdir /dev/d; done`;

/** What the host's root would have made or removed had it followed the link. */
async function attacked(world: World, privileged: boolean): Promise<readonly string[]> {
  const victim = join(world.dir, 'victim');
  await world.sh(`mkdir ${victim}; mknod ${victim}/held c 1 5`);
  addBusybox(world, 'c1', { privileged });
  await world.sh('tlxc-start -n c1');
  const racer = world.spawn('tlxc-attach', '-n', 'c1', '--', 'sh', '-c', swapping(victim));
  const said: string[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const added = await world.run('tlxc-device', '-n', 'c1', 'add', '/dev/zero', `/dev/d/n${attempt}`);
    const removed = await world.run('tlxc-device', '-n', 'c1', 'del', '/dev/zero', '/dev/d/held');
    said.push(added.stderr, removed.stderr);
  }
  racer.kill('SIGKILL');
  const unexpected = said.filter((words) => !/^$|symbolic link|no such file|is not this device/.test(words));
  return [...readdirSync(victim), ...unexpected];
}

for (const privileged of [true, false])
  tested(
    `${privileged ? 'a privileged' : 'an unprivileged'} container that swaps a directory for a link leads no device to the host`,
    async (t) => {
      const world = await makeWorld(t);
      t.deepEqual(await attacked(world, privileged), ['held']);
    },
  );

tested('one that has made /dev itself a link is told so, and nothing is made', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`mkdir ${world.dir}/victim`);
  addBusybox(world, 'c1', { privileged: true, config: ['lxc.autodev = 0'] });
  await world.sh(`mknod -m 666 ${join(world.lxcpath, 'c1/rootfs/dev/null')} c 1 3; tlxc-start -n c1`);
  await world.sh(`tlxc-attach -n c1 -- sh -c 'mv /dev /dev.was; ln -s ${world.dir}/victim /dev'`);
  const { code, stderr } = await world.run('tlxc-device', '-n', 'c1', 'add', '/dev/zero', '/dev/z');
  t.is(code, 1);
  t.regex(stderr, /a symbolic link is on the way to \/dev\/z/);
  t.deepEqual(readdirSync(join(world.dir, 'victim')), []);
});
