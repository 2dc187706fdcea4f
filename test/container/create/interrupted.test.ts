import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { killAfter, moments } from '../../rig/moments.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';
import { tarOf, type Entry } from '../../image/archives.ts';
import { tinySystem } from '../images.ts';

const test = requires('root').serial;

const bulk = (bytes: number): Entry[] => [
  ...tinySystem,
  ...Array.from({ length: 20 }, (_, index) => ({
    path: `./file${index}`,
    content: randomBytes(bytes / 40).toString('hex'),
  })),
];

function writeArchive(world: World, bytes: number): string {
  const archive = join(world.dir, 'rootfs.tar');
  writeFileSync(archive, tarOf(bulk(bytes)));
  return archive;
}

const visible = (world: World) => readdirSync(world.lxcpath).filter((name) => !name.startsWith('.'));

const isWhole = (world: World, name: string) => {
  const dir = join(world.lxcpath, name);
  const files = readdirSync(join(dir, 'rootfs')).filter((file) => file.startsWith('file'));
  return (
    existsSync(join(dir, 'config')) &&
    files.length === 20 &&
    readFileSync(join(dir, 'rootfs/etc/hostname'), 'utf8') === `${name}\n`
  );
};

test('create killed at any moment: a whole container or none, and the next one sweeps up', async (t) => {
  const world = await makeWorld(t);
  const archive = writeArchive(world, 4_000_000);
  const args = (name: string) => ['-n', name, '-t', 'local', '-B', 'dir', '--', '-f', archive];
  const { milliseconds } = await world.run('tlxc-create', ...args('whole'));
  for (const [index, moment] of moments(t, 12).entries()) {
    writeFileSync(archive, tarOf(bulk(4_000_000))); // another image: it is unpacked anew
    await killAfter(world, milliseconds * moment, 'tlxc-create', ...args(`c${index}`));
    for (const name of visible(world)) t.true(isWhole(world, name), name);
  }
  const last = await world.run('tlxc-create', ...args('last'));
  t.is(last.code, 0, last.stderr);
  t.deepEqual(
    readdirSync(world.lxcpath).filter((name) => name.startsWith('.')),
    [],
  );
  const left = readdirSync(join(world.cacheDir, 'images')).filter((name) => !/^[0-9a-f]{64}$/.test(name));
  t.deepEqual(
    left.filter((name) => name.startsWith('.staging')),
    [],
  );
});

test('destroy killed at any moment: the container is whole or gone', async (t) => {
  const world = await makeWorld(t);
  const archive = writeArchive(world, 400_000);
  const create = (name: string) =>
    world.run('tlxc-create', '-n', name, '-t', 'local', '-B', 'dir', '--', '-f', archive);
  await create('first');
  const { milliseconds } = await world.run('tlxc-destroy', '-n', 'first');
  for (const [index, moment] of moments(t, 12).entries()) {
    await create(`c${index}`);
    await killAfter(world, milliseconds * moment, 'tlxc-destroy', '-n', `c${index}`);
    for (const name of visible(world)) t.true(isWhole(world, name), name);
  }
  for (const name of visible(world)) t.is((await world.run('tlxc-destroy', '-n', name)).code, 0);
  t.is((await create('last')).code, 0);
  t.is((await world.run('tlxc-destroy', '-n', 'last')).code, 0);
  const trash = join(world.lxcpath, '.trash');
  t.deepEqual(existsSync(trash) ? readdirSync(trash) : [], []);
});

for (const [what, place] of [
  ['for the container', 'lxcpath'],
  ['for the image', 'cacheDir'],
] as const) {
  test(`a full disk ${what}: said in one line, and everything is as it was`, async (t) => {
    const world = await makeWorld(t);
    const archive = writeArchive(world, 8_000_000);
    await world.sh(`mount -t tmpfs -o size=3m none ${world[place]}`);
    try {
      const { code, stderr } = await world.run(
        'tlxc-create',
        '-n',
        'c1',
        '-t',
        'local',
        '-B',
        'dir',
        '--',
        '-f',
        archive,
      );
      t.is(code, 1);
      t.regex(stderr, /^tlxc-create: c1: .*(No space left on device|needs more than|no space left)/);
      t.is(
        await world.sh(`ls -A ${world.lxcpath}; ls ${world.cacheDir}/images | grep -v '^[0-9a-f]*$' || true`),
        '',
      );
      t.is((await world.run('tlxc-ls')).stdout.trim(), '');
    } finally {
      await world.sh(`umount ${world[place]}`);
    }
  });
}

test('destroy deletes by descriptor: links lead nowhere, depth and odd names do not matter', async (t) => {
  const world = await makeWorld(t);
  const archive = writeArchive(world, 40_000);
  await world.run('tlxc-create', '-n', 'c1', '-t', 'local', '-B', 'dir', '--', '-f', archive);
  const canary = join(world.dir, 'canary');
  mkdirSync(canary);
  writeFileSync(join(canary, 'file'), 'untouched');
  const odd = `ln -s ${canary} link; ln -s ${canary} 'a
b'; mkdir -- -rf; for i in $(seq 400); do mkdir -p deepdirectory; cd deepdirectory; done; touch "$(printf '\\377')"`;
  await world.sh(`cd ${world.lxcpath}/c1/rootfs; ${odd}`);
  const { code, stderr } = await world.run('tlxc-destroy', '-n', 'c1');
  t.is(code, 0, stderr);
  t.is(readFileSync(join(canary, 'file'), 'utf8'), 'untouched');
  t.deepEqual(visible(world), []);
});

test('a running container: destroy refuses, -f stops it first', async (t) => {
  const world = await makeWorld(t);
  const seed = join(world.dir, 'seed.conf');
  writeFileSync(seed, 'lxc.net.0.type = empty\n');
  const made = await world.run('tlxc-create', '-n', 'c1', '-t', 'busybox', '-f', seed);
  t.is(made.code, 0, made.stderr);
  const started = await world.run('tlxc-start', '-n', 'c1');
  t.is(started.code, 0, started.stderr);
  const refused = await world.run('tlxc-destroy', '-n', 'c1');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /^tlxc-destroy: c1 is running/);
  const forced = await world.run('tlxc-destroy', '-f', '-n', 'c1');
  t.is(forced.code, 0, forced.stderr);
  t.deepEqual(visible(world), []);
});
