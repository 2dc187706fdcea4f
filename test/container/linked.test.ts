/** Links where a container's directory, or that of its snapshots, is expected: what they lead to is not taken for it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root');

/** A container without a root filesystem. */
function add(world: World, ...place: readonly string[]): void {
  const dir = join(world.dir, ...place);
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'config'), 'lxc.rootfs.path = none\n');
}

const listing = (world: World): Promise<string> => world.sh("find lxc other ! -path '*/.trash' | sort");

rooted('a container that is a link is neither destroyed nor renamed, and named', async (t) => {
  const world = await makeWorld(t);
  add(world, 'other/real');
  await world.sh('ln -s ../other/real lxc/c1');
  const before = await listing(world);
  for (const [command, done] of [
    ['tlxc-destroy -n c1', 'destroyed'],
    ['tlxc-destroy -f -n c1', 'destroyed'],
    ['tlxc-copy -R -n c1 -N c2', 'renamed'],
  ] as const) {
    const { code, stderr } = await world.run('sh', '-c', command);
    t.is(code, 1, command);
    t.true(stderr.includes(`${world.lxcpath}/c1 is a link to ../other/real: nothing was ${done}\n`), stderr);
    t.regex(stderr, /\n {2}hint: .*-P.*rm .*\/lxc\/c1 removes the link alone/);
  }
  t.is(await listing(world), before);
  await world.sh(`tlxc-destroy -P ${world.dir}/other -n real`);
});

rooted(
  "snapshots are not looked for where another's link leads: a container could be destroyed there",
  async (t) => {
    const world = await makeWorld(t);
    add(world, 'lxc/c1');
    add(world, 'other/snap0');
    await world.sh('ln -s ../../other lxc/c1/snaps; chown -h 12345 lxc/c1/snaps');
    const before = await listing(world);
    for (const words of ['-L', '', '-d snap0', '-d ALL', '-r snap0', '-r snap0 -N c2']) {
      const { code, stdout, stderr } = await world.run('sh', '-c', `tlxc-snapshot -n c1 ${words}`);
      t.is(code, 1, words);
      t.is(stdout, '');
      t.regex(
        stderr,
        /^tlxc-snapshot: c1: .*c1\/snaps is a link that is not root's: nothing is kept, shown or destroyed/m,
      );
    }
    t.is((await world.run('tlxc-destroy', '-s', '-n', 'c1')).code, 1);
    t.is(await listing(world), before);
  },
);

rooted(
  "a link of root's leads to the snapshots; they are destroyed there before the container is",
  async (t) => {
    const world = await makeWorld(t);
    add(world, 'lxc/c1');
    await world.sh('mkdir other; ln -s ../../other lxc/c1/snaps; tlxc-snapshot -n c1; tlxc-snapshot -n c1');
    t.regex(await world.sh('tlxc-snapshot -n c1 -L'), /^snap0 .*\nsnap1 /);
    await world.sh('tlxc-snapshot -n c1 -d snap0');
    const { code, stderr } = await world.run('tlxc-destroy', '-s', '-n', 'c1');
    t.is(code, 1);
    t.true(stderr.includes(`its snapshots lie in ${world.dir}/other, where a link leads\n`), stderr);
    t.is(await world.sh('ls other lxc'), 'lxc:\nc1\n\nother:\nsnap1\n');
    await world.sh('tlxc-snapshot -n c1 -d ALL && test -L lxc/c1/snaps && tlxc-destroy -s -n c1');
    t.is(await world.sh('ls other lxc'), 'lxc:\n\nother:\n');
  },
);
