/** kill -9 at any moment: a copy is whole or not there, a container has its old name or its new one, and its source is its own. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../../rig/containers.ts';
import { killAfter, moments } from '../../rig/moments.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const test = requires('root', 'userns', 'idmap', 'overlay', 'busybox').serial;
const FILES = 200;

function addSource(world: World): void {
  addBusybox(world, 'u1');
  const many = join(world.lxcpath, 'u1/rootfs/many');
  mkdirSync(many);
  for (let n = 0; n < FILES; n++) writeFileSync(join(many, `file${n}`), `${n}\n`);
}

/** The containers of the store; each is whole: its configuration is read, and names what is there. */
async function containers(world: World): Promise<readonly string[]> {
  const names = (await world.sh('tlxc-ls -1')).trim().split('\n').sort();
  for (const name of names) {
    await world.sh(`tlxc-info -n ${name} -c lxc.rootfs.path`);
    const config = readFileSync(join(world.lxcpath, name, 'config'), 'utf8');
    const [, path = ''] = /^lxc\.rootfs\.path = (?:\w+:)?(.*)$/m.exec(config) ?? [];
    if (!path.split(':').every((layer) => existsSync(layer)))
      throw new Error(`${name} lacks part of ${path}`);
    const many = path.split(':').map((layer) => join(layer, 'many'));
    const files = many.flatMap((place) => (existsSync(place) ? readdirSync(place) : []));
    if (files.length !== FILES) throw new Error(`${name} has ${files.length} files`);
  }
  return names;
}

const hidden = (world: World): readonly string[] =>
  readdirSync(world.lxcpath).filter((name) => name.startsWith('.') && name !== '.trash');

for (const [what, options] of [
  ['a full copy', []],
  ['a copy on write', ['-s']],
] as const) {
  test(`${what} killed while it is made`, async (t) => {
    const world = await makeWorld(t);
    addSource(world);
    const { milliseconds } = await world.run('tlxc-copy', 'u1', '-N', 'whole', ...options);
    for (const [index, moment] of moments(t, 8).entries()) {
      const name = `c${index}`;
      await killAfter(world, milliseconds * moment, 'tlxc-copy', 'u1', '-N', name, ...options);
      t.deepEqual(
        (await containers(world)).filter((each) => each !== name),
        ['u1', 'whole'],
      );
      // The next command succeeds, whether the name is taken or not.
      if (existsSync(join(world.lxcpath, name))) await world.sh(`tlxc-destroy ${name}`);
      await world.sh(`tlxc-copy u1 -N ${name} ${options.join(' ')} && tlxc-destroy ${name}`);
    }
    await world.sh('tlxc-destroy whole && tlxc-destroy u1');
    t.deepEqual(hidden(world), []);
    t.deepEqual(readdirSync(join(world.lxcpath, '.trash')), []);
  });
}

test('a container killed while it is renamed, with a copy that lies over it', async (t) => {
  const world = await makeWorld(t);
  addSource(world);
  await world.sh('tlxc-copy u1 -N first && tlxc-copy first -s -N above && tlxc-destroy above');
  const { milliseconds } = await world.run('tlxc-copy', 'first', '-R', '-N', 'other');
  await world.sh('tlxc-copy other -R -N first');
  let [is, willBe] = ['first', 'other'];
  for (const moment of moments(t, 8)) {
    await killAfter(world, milliseconds * moment, 'tlxc-copy', is, '-R', '-N', willBe);
    const names = (await world.sh('tlxc-ls -1')).split('\n').filter((name) => name !== '' && name !== 'u1');
    t.is(names.length, 1, names.join());
    if (names[0] === willBe) [is, willBe] = [willBe, is];
    // Whichever command works on it next completes what was begun.
    await world.sh(`tlxc-copy ${is} -N next && tlxc-destroy next`);
    t.deepEqual(await containers(world), [is, 'u1']);
  }
  t.deepEqual(hidden(world), []);
});
