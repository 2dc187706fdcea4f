import test, { type ExecutionContext } from 'ava';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePlaceForTrees, makeTreeDirectory, sweepUnborn, writingBehind } from '../../src/host/trees.ts';
import { addFilesystem } from '../rig/filesystem.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';
import { loader } from '../rig/typescript.ts';

const onExt = requires('ext');
const onDisk = requires('root', 'userns', 'idmap', 'busybox', 'loop');

function scratch(t: ExecutionContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-trees-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a place for trees is made with what is above it, and may be there already', (t) => {
  const place = join(scratch(t), 'above/place');
  makePlaceForTrees(place, 0o711);
  makePlaceForTrees(place, 0o700);
  t.is(statSync(place).mode & 0o777, 0o711);
});

const flags = (path: string): string =>
  execFileSync('lsattr', ['-d', path], { encoding: 'utf8' }).split(' ')[0] ?? '';

onExt('ext4 is told that the trees of a place have nothing to do with each other', (t) => {
  const place = join(scratch(t), 'place');
  mkdirSync(place);
  execFileSync('chattr', ['+d', place]);
  makePlaceForTrees(place, 0o711);
  t.true(flags(place).includes('T'));
  // Its other attributes stay.
  t.true(flags(place).includes('d'));
});

onExt('a directory that is used for other things already, or only a link to one, stays as it is', (t) => {
  const dir = scratch(t);
  mkdirSync(join(dir, 'used/something'), { recursive: true });
  mkdirSync(join(dir, 'empty'));
  symlinkSync('empty', join(dir, 'link'));
  for (const name of ['used', 'link']) makePlaceForTrees(join(dir, name), 0o711);
  for (const name of ['used', 'empty']) t.false(flags(join(dir, name)).includes('T'), name);
});

onDisk('a container of the name of one that was removed lies elsewhere', async (t) => {
  const world = await makeWorld(t);
  const disk = join(world.dir, 'disk');
  mkdirSync(disk);
  // Of 32 groups all but the first are as empty.
  await addFilesystem(world, { type: 'ext4', at: disk, size: '4G', make: '-O ^flex_bg' });
  const inodes: string[] = [];
  for (let round = 0; round < 4; round++)
    inodes.push(
      await world.sh(
        `touch seed; tlxc-create -P disk/lxc -q -n c1 -f seed -t busybox -B dir >&2 && stat -c %i disk/lxc/c1 && tlxc-destroy -P disk/lxc -n c1 >&2`,
      ),
    );
  t.true(new Set(inodes).size > 1, inodes.join(' '));
});

test('a directory for a tree is made with its mode', (t) => {
  const path = join(scratch(t), 'tree');
  makeTreeDirectory(path, 0o700);
  t.is(statSync(path).mode & 0o777, 0o700);
});

test('a directory for a tree takes the place of nothing, and leaves nothing else', (t) => {
  const dir = scratch(t);
  writeFileSync(join(dir, 'file'), '');
  mkdirSync(join(dir, 'full/entry'), { recursive: true });
  symlinkSync('full', join(dir, 'link'));
  for (const name of ['file', 'full', 'link']) t.throws(() => makeTreeDirectory(join(dir, name), 0o700));
  t.deepEqual(readdirSync(dir).sort(), ['file', 'full', 'link']);
});

test('what a killed command has left of one is swept, and nothing else', (t) => {
  const dir = scratch(t);
  for (const name of ['left', 'full']) mkdirSync(join(dir, `.tlxc-new-${name}`));
  mkdirSync(join(dir, '.tlxc-new-full/entry'));
  sweepUnborn(dir);
  t.deepEqual(readdirSync(dir), ['.tlxc-new-full']);
});

test('a directory for a tree is made, whoever sweeps meanwhile', async (t) => {
  const dir = scratch(t);
  const trees = new URL('../../src/host/trees.ts', import.meta.url).href;
  const script = `
    import { sweepUnborn } from '${trees}';
    import { writeSync } from 'node:fs';
    for (writeSync(1, 'begun'); ; ) sweepUnborn('${dir}');`;
  const argv = [`--import=${loader}`, '--input-type=module', '-e', script];
  const sweeper = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => sweeper.kill('SIGKILL'));
  await once(sweeper.stdout, 'data');
  const names = Array.from({ length: 300 }, (_, index) => `tree${index}`);
  for (const name of names) makeTreeDirectory(join(dir, name), 0o700);
  t.deepEqual(readdirSync(dir).sort(), names.sort());
});

test('what is written goes to disk while it is written; a disk that fails then fails the work, however that ends', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-behind-'));
  const half = join(dir, 'half');
  mkdirSync(half);
  t.is(await writingBehind(half, sleep(300, 'done')), 'done');
  const work = async () => {
    rmSync(dir, { recursive: true });
    await sleep(400);
    return 'done';
  };
  // Nothing is asked of a place that has gone but by who brings it to disk.
  await t.throwsAsync(writingBehind(half, work()), { code: 'TLXC_E_STORAGE', message: /brought to disk/ });
  await t.throwsAsync(writingBehind(half, Promise.reject(new Error('of its own'))), {
    message: 'of its own',
  });
});
