/** compareTrees on trees of layers that are made by hand, as overlayfs makes them. */
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareTrees } from '../../src/storage/diff.ts';
import { requires } from '../rig/requires.ts';

const scratch = mkdtempSync(join(tmpdir(), 'tlxc-diff-'));
test.after.always(() => rmSync(scratch, { recursive: true }));
let count = 0;

/** A tree: text makes a file, a name that ends in a slash a directory. */
function tree(content: Readonly<Record<string, string>>): string {
  const root = join(scratch, `tree${count++}`);
  mkdirSync(root);
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    if (path.endsWith('/')) mkdirSync(join(root, path), { recursive: true });
    else writeFileSync(join(root, path), text);
  }
  return root;
}

function differences(from: readonly string[], to: readonly string[]): readonly string[] {
  return compareTrees({ from, to, since: false }).map(({ what, path }) => `${what} ${path}`);
}

const root = requires('root');
const whiteout = (path: string): Buffer => execFileSync('mknod', [path, 'c', '0', '0']);
/** setxattr(2), whose number is another on every machine. */
const setAttribute = (path: string, name: string, value: string): Buffer =>
  execFileSync('perl', [
    ...['-e', 'exit(syscall($ARGV[0] + 0, $ARGV[1], $ARGV[2], $ARGV[3], length($ARGV[3]), 0) != 0)'],
    ...[process.arch === 'x64' ? '188' : '5', path, name, value],
  ]);

test('directories: what was added, changed and removed, in order, with all that is below', (t) => {
  const from = tree({ 'a/same': '1', 'a/text': 'one', 'b/gone': '', 'kind/x': '', link: '' });
  const to = tree({
    'a/same': '1',
    'a/text': 'two',
    'new/one': '',
    'new/two/': '',
    kind: 'a file now',
    link: '',
  });
  t.deepEqual(differences([from], [to]), [
    'changed /a/text',
    'removed /b',
    'removed /b/gone',
    'changed /kind',
    'removed /kind/x',
    'added /new',
    'added /new/one',
    'added /new/two',
  ]);
  t.deepEqual(differences([from], [from]), []);
});

test('a mode, a link and a content of the same size and time are seen; a time alone is no change', (t) => {
  const from = tree({ mode: '', content: 'one', touched: '', 'dir/': '' });
  const to = tree({ mode: '', content: 'two', touched: '', 'dir/': '' });
  chmodSync(join(to, 'mode'), 0o4755);
  chmodSync(join(to, 'dir'), 0o700);
  for (const place of [from, to]) utimesSync(join(place, 'content'), 1, 1);
  utimesSync(join(to, 'touched'), 1, 1);
  symlinkSync('here', join(from, 'link'));
  symlinkSync('there', join(to, 'link'));
  t.deepEqual(differences([from], [to]), [
    'changed /content',
    'changed /dir',
    'changed /link',
    'changed /mode',
  ]);
});

test('a root named by a link is what the link names; one that is missing is an error that names it', (t) => {
  const [from, to] = [tree({ file: 'one' }), tree({ file: 'two' })];
  const link = join(scratch, 'link');
  symlinkSync(to, link);
  t.deepEqual(differences([from], [link]), ['changed /file']);
  const missing = join(scratch, 'missing');
  for (const layers of [[missing], [missing, to], [to, missing], [join(to, 'file')]])
    t.throws(() => differences([from], layers), {
      code: 'TLXC_E_STORAGE',
      message: new RegExp(`${layers.find((layer) => layer !== to)} cannot be read: `),
    });
});

test('since it was copied: an older file of the same size and time is not read again', (t) => {
  const to = tree({ file: 'one' });
  const from = tree({});
  execFileSync('cp', ['--archive', join(to, 'file'), from]);
  t.deepEqual(compareTrees({ from: [from], to: [to], since: true }), []);
  writeFileSync(join(to, 'file'), 'two');
  t.deepEqual(compareTrees({ from: [from], to: [to], since: true }), [{ what: 'changed', path: '/file' }]);
});

root('layers: whiteouts remove, opaque directories hide, what both lie over is not looked at', (t) => {
  const base = tree({ 'etc/motd': 'base', 'etc/hosts': '', 'var/a': '', 'var/b': '', 'usr/bin/sh': '' });
  const from = tree({ 'etc/motd': 'first' });
  const to = tree({ 'etc/new': '', 'var/b': '', 'var/c': '', 'usr/bin/': '' });
  whiteout(join(to, 'etc/hosts'));
  setAttribute(join(to, 'var'), 'trusted.overlay.opaque', 'y');
  t.deepEqual(differences([from, base], [to, base]), [
    'removed /etc/hosts',
    'changed /etc/motd',
    'added /etc/new',
    'removed /var/a',
    'added /var/c',
  ]);
  t.deepEqual(differences([to, base], [to, base]), []);
  // Copied up, and as it was.
  const copied = tree({ 'usr/bin/sh': '' });
  t.deepEqual(differences([tree({}), base], [copied, base]), []);
});

root('attributes count; a directory that overlayfs renamed is refused by name', (t) => {
  const [from, to] = [tree({ file: '' }), tree({ file: '' })];
  setAttribute(join(to, 'file'), 'user.note', 'x');
  t.deepEqual(differences([from], [to]), ['changed /file']);
  const base = tree({ 'old/file': '' });
  const upper = tree({ 'new/': '' });
  setAttribute(join(upper, 'new'), 'trusted.overlay.redirect', 'old');
  t.throws(() => differences([tree({}), base], [upper, base]), {
    message: /"new" was renamed .*redirect_dir/,
  });
});

test('links lead nowhere', (t) => {
  const canary = tree({ secret: '' });
  const [from, to] = [tree({ 'etc/': '' }), tree({})];
  symlinkSync(canary, join(to, 'etc'));
  symlinkSync(canary, join(to, 'other'));
  t.deepEqual(differences([from], [to]), ['changed /etc', 'added /other']);
});
