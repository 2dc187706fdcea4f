/** TLXC's snapshots with LXC's own tools, and LXC's with TLXC's. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const beside = requires('root', 'lxc', 'overlay');

const file = (world: World, ...path: readonly string[]): string => join(world.lxcpath, ...path);
const motd = (world: World, name: string, place = 'rootfs'): string =>
  readFileSync(file(world, name, place, 'etc/motd'), 'utf8');

/** A container that both tools know: a directory, and what they would change. */
function addContainer(world: World, name: string): void {
  mkdirSync(file(world, name, 'rootfs/etc'), { recursive: true });
  writeFileSync(file(world, name, 'rootfs/etc/motd'), 'old\n');
  const lines = [`lxc.rootfs.path = dir:${file(world, name, 'rootfs')}`, `lxc.uts.name = ${name}`];
  writeFileSync(file(world, name, 'config'), [...lines, 'lxc.net.0.type = empty', ''].join('\n'));
}

/** LXC's command with the same arguments, which takes its store from -P alone. */
const lxc = (world: World, line: string): Promise<string> =>
  world.sh(line.replaceAll(/lxc-\w+/g, (program) => `${program} -P ${world.lxcpath}`));

beside('LXC lists, restores and destroys what TLXC has kept', async (t) => {
  const world = await makeWorld(t);
  addContainer(world, 'u1');
  await world.sh('echo why > why; tlxc-snapshot u1; tlxc-snapshot u1 -c why');
  t.is(await lxc(world, 'lxc-snapshot -n u1 -L -C'), await world.sh('tlxc-snapshot -n u1 -L -C'));
  writeFileSync(file(world, 'u1/rootfs/etc/motd'), 'new\n');
  await lxc(world, 'lxc-snapshot -n u1 -r snap0 -N u2 && lxc-snapshot -n u1 -r snap0');
  t.deepEqual([motd(world, 'u1'), motd(world, 'u2')], ['old\n', 'old\n']);
  t.is((await world.run('lxc-destroy', '-P', world.lxcpath, '-n', 'u1')).code, 1);
  await lxc(world, 'lxc-snapshot -n u1 -d snap0 && lxc-destroy -n u1 -s');
  t.false(existsSync(file(world, 'u1')));
});

beside('TLXC lists, restores and destroys what LXC has kept', async (t) => {
  const world = await makeWorld(t);
  addContainer(world, 'u1');
  await lxc(world, 'lxc-snapshot -n u1; lxc-snapshot -n u1');
  t.is(await world.sh('tlxc-snapshot -n u1 -L'), await lxc(world, 'lxc-snapshot -n u1 -L'));
  writeFileSync(file(world, 'u1/rootfs/etc/motd'), 'new\n');
  await world.sh('tlxc-snapshot -n u1 -r snap0 -N u2 && tlxc-snapshot -n u1 -r snap1');
  t.deepEqual([motd(world, 'u1'), motd(world, 'u2')], ['old\n', 'old\n']);
  await world.sh('tlxc-snapshot -n u1 -d snap0 && tlxc-destroy -n u1 -s');
  t.false(existsSync(file(world, 'u1')));
});

beside('of copy-on-write copies too, with what each says of who lies over whom', async (t) => {
  const world = await makeWorld(t);
  addContainer(world, 'u1');
  await lxc(world, 'lxc-copy -n u1 -N u2 -s && lxc-snapshot -n u2');
  await world.sh('tlxc-snapshot -n u2 && tlxc-snapshot -n u2 -r snap0 -N u3');
  const listed = ['u2', 'snap0', 'snap1', 'u3'];
  const names = readFileSync(file(world, 'u1/lxc_snapshots'), 'utf8').trim().split('\n');
  t.deepEqual(
    names.filter((_, at) => at % 2 === 1),
    listed,
  );
  t.regex((await world.run('tlxc-destroy', 'u1')).stderr, /u1 has clones/);
  await lxc(world, 'lxc-snapshot -n u2 -r snap1 -N u4');
  t.regex(
    (await world.run('tlxc-destroy', '-s', 'u2')).stderr,
    /snapshot snap1 has clones\n {2}hint: .*: u4/,
  );
  await lxc(world, 'lxc-destroy -n u4 && lxc-destroy -n u3');
  await world.sh('tlxc-destroy -s u2 && tlxc-destroy u1');
});
