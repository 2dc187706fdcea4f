import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { editRootfsFile } from '../../src/storage/rootfs-edit.ts';
import { nameRootfs } from '../../src/storage/rootfs-files.ts';
import { requires } from '../rig/requires.ts';

const rooted = requires('root', 'attributes');

function place(t: ExecutionContext) {
  const dir = mkdtempSync(join(tmpdir(), 'tlxc-files-'));
  t.teardown(() => rmSync(dir, { recursive: true }));
  const [root, canary] = [join(dir, 'root'), join(dir, 'canary')];
  mkdirSync(join(root, 'etc'), { recursive: true });
  mkdirSync(canary);
  writeFileSync(join(canary, 'file'), 'LXC_NAME');
  return { dir, root, canary, intact: () => readFileSync(join(canary, 'file'), 'utf8') === 'LXC_NAME' };
}
const rename = (text: string | null) => text?.replaceAll('LXC_NAME', 'c1') ?? null;

test('a file in place: its text changes, its mode does not', (t) => {
  const { root } = place(t);
  writeFileSync(join(root, 'etc/hosts'), 'long long LXC_NAME', { mode: 0o640 });
  t.true(editRootfsFile([root], '/etc/hosts', rename));
  t.is(readFileSync(join(root, 'etc/hosts'), 'utf8'), 'long long c1');
  t.is(statSync(join(root, 'etc/hosts')).mode & 0o777, 0o640);
});

test('over a lower layer: the copy goes into the upper one, with its directory’s mode', (t) => {
  const { dir, root } = place(t);
  const upper = join(dir, 'upper');
  mkdirSync(upper);
  mkdirSync(join(root, 'etc/sub'), { mode: 0o750 });
  writeFileSync(join(root, 'etc/sub/name'), 'LXC_NAME', { mode: 0o600 });
  writeFileSync(join(root, 'etc/hosts'), 'LXC_NAME');
  t.true(editRootfsFile([upper, root], '/etc/sub/name', rename));
  t.true(editRootfsFile([upper, root], '/etc/hosts', rename));
  t.is(readFileSync(join(upper, 'etc/sub/name'), 'utf8'), 'c1');
  t.is(readFileSync(join(upper, 'etc/hosts'), 'utf8'), 'c1');
  t.is(statSync(join(upper, 'etc/sub')).mode & 0o777, 0o750);
  t.is(statSync(join(upper, 'etc/sub/name')).mode & 0o777, 0o600);
  t.is(readFileSync(join(root, 'etc/hosts'), 'utf8'), 'LXC_NAME');
});

rooted(
  'what an upper layer has removed is not there: a new name goes into the place of the whiteout',
  (t) => {
    const { dir, root } = place(t);
    const [middle, upper] = [join(dir, 'middle'), join(dir, 'upper')];
    mkdirSync(join(middle, 'etc'), { recursive: true });
    mkdirSync(join(upper, 'etc'), { recursive: true });
    for (const name of ['hostname', 'hosts']) writeFileSync(join(root, 'etc', name), 'LXC_NAME lower');
    execFileSync('mknod', [join(middle, 'etc/hosts'), 'c', '0', '0']);
    execFileSync('mknod', [join(upper, 'etc/hostname'), 'c', '0', '0']);
    nameRootfs([upper, middle, root], { name: 'c1', templates: [], files: [] });
    t.is(readFileSync(join(upper, 'etc/hostname'), 'utf8'), 'c1\n');
    t.false(existsSync(join(upper, 'etc/hosts')), 'its text was that of a file that nobody can see');
    // A directory made anew over one of a lower layer, and one that was removed.
    mkdirSync(join(root, 'srv'));
    mkdirSync(join(root, 'opt'));
    mkdirSync(join(middle, 'srv'));
    for (const name of ['srv', 'opt']) writeFileSync(join(root, name, 'name'), 'LXC_NAME lower');
    execFileSync('setfattr', ['-n', 'trusted.overlay.opaque', '-v', 'y', join(middle, 'srv')]);
    execFileSync('mknod', [join(middle, 'opt'), 'c', '0', '0']);
    for (const name of ['srv', 'opt'])
      t.false(editRootfsFile([upper, middle, root], `/${name}/name`, rename));
    t.false(existsSync(join(upper, 'srv')));
  },
);

test('links are not followed: the file itself, a parent, one that dangles', (t) => {
  const { root, canary, intact } = place(t);
  symlinkSync(join(canary, 'file'), join(root, 'etc/hosts'));
  symlinkSync('../../canary', join(root, 'srv'));
  symlinkSync(join(canary, 'new'), join(root, 'etc/hostname'));
  t.false(editRootfsFile([root], '/etc/hosts', rename));
  t.false(editRootfsFile([root], '/srv/file', rename));
  nameRootfs([root], {
    name: 'c1',
    templates: ['/srv/file', '/etc/../../canary/file', '/../canary/file', 'etc/hosts'],
    files: [],
  });
  t.true(intact());
  t.false(existsSync(join(canary, 'new')));
});

test('what is no plain file is left alone, and nobody waits for it', (t) => {
  const { root } = place(t);
  execFileSync('mkfifo', [join(root, 'etc/hosts')]);
  mkdirSync(join(root, 'etc/hostname'));
  nameRootfs([root], { name: 'c1', templates: [], files: [] });
  t.true(statSync(join(root, 'etc/hosts')).isFIFO());
  t.true(statSync(join(root, 'etc/hostname')).isDirectory());
});

test('a system without /etc gets none', (t) => {
  const { root } = place(t);
  rmSync(join(root, 'etc'), { recursive: true });
  nameRootfs([root], { name: 'c1', templates: [], files: [] });
  t.false(existsSync(join(root, 'etc')));
});

test('an uninitialized machine gets an id of its own; one that has an id, or is to make it, keeps that', (t) => {
  const { root } = place(t);
  const file = join(root, 'etc/machine-id');
  const named = (text: string) => {
    writeFileSync(file, text);
    nameRootfs([root], { name: 'c1', templates: [], files: [] });
    return readFileSync(file, 'utf8');
  };
  t.regex(named('uninitialized\n'), /^[0-9a-f]{32}\n$/);
  t.not(named('uninitialized\n'), named('uninitialized\n'));
  t.is(named(''), '');
  t.is(named('0123456789abcdef0123456789abcdef\n'), '0123456789abcdef0123456789abcdef\n');
});
