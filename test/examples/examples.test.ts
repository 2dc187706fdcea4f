/** The examples do what they say: compiled as somebody's programs are, and run. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { compileProgram } from '../container/library/consumer.ts';
import { addBusybox } from '../rig/containers.ts';
import { debianRootfsTar } from '../rig/debian.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'overlay', 'busybox');
const withDebian = requires('root', 'userns', 'idmap', 'overlay', 'bridge', 'debian');

/** The compiled example's path. */
function compile(t: ExecutionContext, world: World, name: string): string {
  const directory = join(world.dir, 'example');
  mkdirSync(directory);
  compileProgram(t, directory, readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8'));
  copyFileSync(join(directory, 'program.js'), join(directory, `${name}.js`));
  return join(directory, `${name}.js`);
}

withDebian('throwaway-debian: two Debians are booted, tried and gone', async (t) => {
  const world = await makeWorld(t);
  const program = compile(t, world, 'throwaway-debian');
  await world.sh(`tlxc-image import --alias debian/bookworm ${debianRootfsTar()}`);
  const { code, stdout } = await world.run('node', '--test', program);
  t.is(code, 0, stdout);
  t.regex(stdout, /# pass 2/);
  t.is(await world.sh('tlxc-ls'), '');
});

rooted('build-in-a-container: the result comes back, the toolchain stays as it was', async (t) => {
  const world = await makeWorld(t);
  const program = compile(t, world, 'build-in-a-container');
  addBusybox(world, 'tools');
  mkdirSync(join(world.dir, 'hello'));
  writeFileSync(join(world.dir, 'hello/build.sh'), 'id -u; mkdir out && echo made > out/hello');
  const words = ['tools', 'hello', 'out'];
  const built = await world.run('node', program, ...words, 'sh', 'build.sh');
  t.like(built, { code: 0, stderr: '', stdout: `1000\nbuilt ${world.dir}/out\n` });
  t.is(await world.sh('cat out/hello; ls hello; test ! -e lxc/tools/rootfs/build'), 'made\nbuild.sh\n');
  const failed = await world.run('node', program, ...words, 'sh', '-c', 'exit 7');
  t.like(failed, { code: 7, stderr: `the build failed: sh -c 'exit 7': exit status 7\n` });
  t.is(await world.sh('tlxc-ls'), 'tools\n');
});

rooted('fleet-of-twenty: each answers, none stays', async (t) => {
  const world = await makeWorld(t);
  const program = compile(t, world, 'fleet-of-twenty');
  addBusybox(world, 'seed');
  const { code, stdout, stderr } = await world.run('node', program, 'seed');
  t.is(stderr, '');
  t.is(code, 0);
  const lines = stdout.trim().split('\n');
  t.is(lines[0], 'seed-01: seed-01');
  t.is(lines[19], 'seed-20: seed-20');
  t.is(lines[20], '20 containers were started');
  t.is(await world.sh('tlxc-ls'), 'seed\n');
});
