import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { volumeAt } from '../../src/storage/volume-at.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

test('a file is an image, whatever it is called; what cannot be looked at is what it is called', (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-volume-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [file, round] = [join(dir, 'file'), join(dir, 'round')];
  writeFileSync(file, '');
  symlinkSync(round, round);
  t.deepEqual(volumeAt(file), { type: 'loop', path: file });
  t.deepEqual(volumeAt(`dir:${file}`), { type: 'loop', path: file });
  t.deepEqual(volumeAt(dir), { type: 'dir', path: dir });
  t.deepEqual(volumeAt(`dir:${round}`), { type: 'dir', path: round });
  t.deepEqual(volumeAt(`${file}/below`), { type: 'dir', path: `${file}/below` });
  t.deepEqual(volumeAt('none'), { type: 'dir', path: 'none' });
});

rooted('one container that cannot be looked at does not take the others from a list', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  addBusybox(world, 'u2');
  await world.sh(
    `ln -s round round; sed -i 's|^lxc.rootfs.path = .*|lxc.rootfs.path = dir:${world.dir}/round|' lxc/u1/config`,
  );
  const rows = JSON.parse(await world.sh('tlxc-ls --json')) as readonly { name: string }[];
  t.deepEqual(
    rows.map(({ name }) => name),
    ['u1', 'u2'],
  );
  t.regex(await world.sh('tlxc-ls -F NAME,DISK'), /^u2/m);
  t.is((await world.run('tlxc-info', '-n', 'u1')).code, 0);
});
