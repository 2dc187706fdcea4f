import test from 'ava';
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDirectories } from '../src/make-directories.ts';
import { requires } from './rig/requires.ts';
import { makeWorld } from './rig/world.ts';

const dir = mkdtempSync(join(tmpdir(), 'tlxc-directories-'));
test.after.always(() => rmSync(dir, { recursive: true }));

test('all that are missing are made, and the first of them is told', (t) => {
  t.is(makeDirectories(join(dir, 'a/b/c'), 0o700), join(dir, 'a'));
  t.is(statSync(join(dir, 'a/b/c')).mode & 0o777, 0o700);
  t.is(makeDirectories(join(dir, 'a/b/c')), undefined);
  writeFileSync(join(dir, 'file'), '');
  t.throws(() => makeDirectories(join(dir, 'file')), { code: 'EEXIST' });
  t.throws(() => makeDirectories(join(dir, 'file/below')), { code: 'ENOTDIR' });
  symlinkSync('nowhere', join(dir, 'link'));
  t.throws(() => makeDirectories(join(dir, 'link')), { code: 'EEXIST' });
  t.throws(() => makeDirectories('/proc/self/none/none'), { code: 'ENOENT' }, "Node's own never returned");
});

requires('root')('a store that can only be read is said to be so', async (t) => {
  const world = await makeWorld(t);
  await world.sh(`mkdir -p ro; mount -t tmpfs none ro; mkdir -p ro/u1/rootfs
    echo "lxc.rootfs.path = dir:$PWD/ro/u1/rootfs" > ro/u1/config; mount -o remount,ro ro`);
  const { code, stderr } = await world.run('tlxc-destroy', '-P', 'ro', '-n', 'u1');
  t.is(code, 1);
  t.regex(stderr, /read-only file system\n {2}hint: what is mounted at .*\/ro can only be read: /);
  await world.sh('umount ro');
});
