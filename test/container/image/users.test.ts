/** What an image notes of its containers goes with them, and no sooner. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');

/** Of the one image that is there: the configurations that its notes name. */
function noted(world: World): readonly string[] {
  const [image = ''] = readdirSync(join(world.cacheDir, 'images'));
  const users = join(world.cacheDir, 'images', image, 'users');
  const configs = readdirSync(users).map(
    (name) => (JSON.parse(readFileSync(join(users, name), 'utf8')) as { config: string }).config,
  );
  return [...new Set(configs)].map((path) => path.replace(`${world.dir}/`, '')).sort();
}

const create = 'tlxc-create -t busybox -f seed -n';

rooted('a note goes with its container: destroyed, renamed, a copy or a snapshot', async (t) => {
  const world = await makeWorld(t);
  // Two paths that make no file's name, but a digest.
  const long = `-P "$PWD/${'l'.repeat(100)}"`;
  const [l1, l2] = ['l1', 'l2'].map((name) => `${'l'.repeat(100)}/${name}/config`);
  await world.sh(`set -e; echo lxc.net.0.type = empty > seed; ${create} u1; ${create} u2 -B dir
    ${create} l1 ${long}; ${create} l2 ${long}
    tlxc-copy -n u1 -N u3 -s; tlxc-copy -n u1 -N u4; tlxc-snapshot -n u4; tlxc-snapshot -n u4`);
  const ofU4 = ['lxc/u4/config', 'lxc/u4/snaps/snap0/config', 'lxc/u4/snaps/snap1/config'];
  t.deepEqual(noted(world), [l1, l2, 'lxc/u1/config', 'lxc/u2/config', 'lxc/u3/config', ...ofU4]);
  // No name is a part of another.
  await world.sh(`set -e; ${create} u; tlxc-destroy -n u; tlxc-destroy -n l1 ${long}; tlxc-destroy -n u3
    tlxc-destroy -n u2; tlxc-snapshot -n u4 -d snap0`);
  t.deepEqual(noted(world), [l2, 'lxc/u1/config', 'lxc/u4/config', 'lxc/u4/snaps/snap1/config']);
  await world.sh(`set -e; tlxc-snapshot -n u4 -r snap1; tlxc-destroy -s -n u4; tlxc-copy -R -n u1 -N u5
    tlxc-destroy -n l2 ${long}`);
  // The last one of its store stays.
  t.deepEqual(noted(world), [l2, 'lxc/u5/config']);
  t.regex((await world.run('tlxc-image', 'prune', '--all')).stderr, /^0 removed/);
  await world.sh('tlxc-start -n u5 && tlxc-stop -k -n u5');
});

rooted('who was renamed is noted whatever has the former name, and that keeps no image', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`set -e; echo lxc.net.0.type = empty > seed; ${create} u1; tlxc-copy -R -n u1 -N u2
    tlxc-create -t none -n u1 && tlxc-destroy -n u1`);
  t.deepEqual(noted(world), ['lxc/u2/config']);
  await world.sh('tlxc-create -t none -n u1 && tlxc-destroy -n u2');
  t.regex(await world.sh('tlxc-image prune --all'), /^busybox /);
});

rooted('the last note of a store stays: a container there that nobody noted keeps its image', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`set -e; echo lxc.net.0.type = empty > seed; ${create} u1 -P "$PWD/other"; ${create} u2
    cp -a other/u1 other/byhand; sed -i "s,other/u1/,other/byhand/," other/byhand/config
    tlxc-destroy -P "$PWD/other" -n u1; tlxc-destroy -n u2`);
  t.deepEqual(noted(world), ['lxc/u2/config', 'other/u1/config']);
  t.regex((await world.run('tlxc-image', 'prune', '--all')).stderr, /^0 removed/);
  await world.sh('tlxc-start -P "$PWD/other" -n byhand && tlxc-stop -k -P "$PWD/other" -n byhand');
  await world.sh('tlxc-destroy -P "$PWD/other" -n byhand');
  t.regex(await world.sh('tlxc-image prune --all'), /^busybox /);
});
