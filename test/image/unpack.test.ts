import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { unpack } from '../../src/image/unpack.ts';
import { requires } from '../rig/requires.ts';
import { tarOf, type Entry } from './archives.ts';

const test = requires('root');

function place(t: ExecutionContext) {
  const base = mkdtempSync(join(tmpdir(), 'tlxc-unpack-'));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const work = join(base, 'work');
  mkdirSync(work);
  writeFileSync(join(base, 'canary'), 'untouched');
  return { base, work, archive: join(base, 'archive') };
}

async function unpackEntries(t: ExecutionContext, entries: readonly Entry[], privileged = false) {
  const { base, work, archive } = place(t);
  writeFileSync(archive, tarOf(entries));
  const outcome = await unpack({ archive, work, excludes: [], privileged }).then(
    (unpacked) => ({ unpacked, error: null }),
    (error: unknown) => ({ unpacked: null, error: error as Error }),
  );
  t.is(readFileSync(join(base, 'canary'), 'utf8'), 'untouched');
  t.deepEqual(readdirSync(base).sort(), ['archive', 'canary', 'work']);
  return { ...outcome, rootfs: join(work, 'rootfs') };
}

const HOSTILE: Readonly<Record<string, readonly Entry[]>> = {
  'a path that climbs': [{ path: '../canary', content: 'x' }],
  'a path that climbs from below': [{ path: 'a/../../canary', content: 'x' }],
  'an absolute path': [{ path: '/tmp/tlxc-unpack-absolute', content: 'x' }],
  'a hard link that leads out': [{ path: 'a', type: 'Link', linkpath: '../../canary' }],
  'a hard link to an absolute path': [{ path: 'a', type: 'Link', linkpath: '/etc/passwd' }],
  'a file through a link that climbs': [
    { path: 'a', type: 'SymbolicLink', linkpath: '../..' },
    { path: 'a/canary', content: 'x' },
  ],
  'a file through an absolute link': [
    { path: 'a', type: 'SymbolicLink', linkpath: '/tmp' },
    { path: 'a/tlxc-unpack-through', content: 'x' },
  ],
  'a hard link through a symbolic one': [
    { path: 'a', type: 'SymbolicLink', linkpath: '../..' },
    { path: 'b', type: 'Link', linkpath: 'a/canary' },
  ],
  'a directory that a link stands in for': [
    { path: 'a', type: 'SymbolicLink', linkpath: '../..' },
    { path: 'a', type: 'Directory' },
    { path: 'a/../canary', content: 'x' },
  ],
  'a character device': [{ path: 'srv/null', type: 'CharacterDevice' }],
  'a block device': [{ path: 'srv/disk', type: 'BlockDevice' }],
  'a size beyond any disk': [{ path: 'a', size: 2 ** 48 }],
};

for (const [what, entries] of Object.entries(HOSTILE)) {
  test(`refused: ${what}`, async (t) => {
    const { error } = await unpackEntries(t, [{ path: './', type: 'Directory' }, ...entries]);
    t.is((error as { code?: string } | null)?.code, 'TLXC_E_IMAGE', String(error));
    t.false(existsSync('/tmp/tlxc-unpack-absolute'));
    t.false(existsSync('/tmp/tlxc-unpack-through'));
  });
}

test('what a system needs is kept: owners, set-id bits, absolute links, hard links, FIFOs', async (t) => {
  const { error, rootfs } = await unpackEntries(t, [
    { path: './', type: 'Directory' },
    { path: './bin', type: 'SymbolicLink', linkpath: 'usr/bin' },
    { path: './usr/bin/', type: 'Directory' },
    { path: './usr/bin/chage', content: 'x', mode: 0o2755, gid: 42 },
    { path: './usr/bin/alias', type: 'Link', linkpath: './usr/bin/chage' },
    { path: './sbin', type: 'SymbolicLink', linkpath: '/usr/sbin' },
    { path: './tmp/', type: 'Directory', mode: 0o1777 },
    { path: './home/', type: 'Directory', uid: 65_000, gid: 65_000 },
    { path: './pipe', type: 'FIFO' },
    { path: './dev/null', type: 'CharacterDevice' },
  ]);
  t.is(error, null);
  const chage = lstatSync(join(rootfs, 'usr/bin/chage'));
  t.is(chage.mode & 0o7777, 0o2755);
  t.is(chage.gid, 42);
  t.is(chage.nlink, 2);
  t.is(readlinkSync(join(rootfs, 'sbin')), '/usr/sbin');
  t.is(lstatSync(join(rootfs, 'tmp')).mode & 0o7777, 0o1777);
  t.is(lstatSync(join(rootfs, 'home')).uid, 65_000);
  t.true(lstatSync(join(rootfs, 'pipe')).isFIFO());
  t.false(existsSync(join(rootfs, 'dev/null')));
});

test('for a privileged container a device outside /dev is let through, and told', async (t) => {
  const { unpacked } = await unpackEntries(t, [{ path: './srv/null', type: 'CharacterDevice' }], true);
  t.deepEqual(unpacked?.devices, ['./srv/null']);
});

test('file capabilities are kept, attributes that mean something to the host are not', async (t) => {
  const { base, work, archive } = place(t);
  const tree = join(base, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'ping'), 'x');
  execFileSync('setcap', ['cap_net_raw+ep', join(tree, 'ping')]);
  execFileSync('perl', [
    '-e',
    'my ($n, $v) = ("trusted.overlay.opaque", "y"); syscall(188, $ARGV[0], $n, $v, 1, 0) == 0 or die $!',
    tree,
  ]);
  execFileSync('tar', ['--xattrs', '--xattrs-include=*', '-C', tree, '-cf', archive, '.']);
  rmSync(tree, { recursive: true });
  const { rootfs } = await unpack({ archive, work, excludes: [], privileged: false });
  t.regex(execFileSync('getcap', [join(rootfs, 'ping')], { encoding: 'utf8' }), /cap_net_raw=ep/);
  const names = execFileSync('perl', [
    '-e',
    'my $b = "\\0" x 4096; my $n = syscall(195, $ARGV[0], $b, 4096); print substr($b, 0, $n)',
    rootfs,
  ]);
  t.is(names.toString(), '');
});

for (const compressor of ['xz', 'zstd', 'gzip']) {
  test(`${compressor}: found by its magic; a truncated archive is refused`, async (t) => {
    const { work, archive } = place(t);
    const tar = tarOf([
      { path: './a', content: 'x'.repeat(200_000) },
      { path: './b', content: String(Math.random()) },
    ]);
    writeFileSync(archive, execFileSync(compressor, ['-c'], { input: tar, maxBuffer: 1e7 }));
    const whole = await unpack({ archive, work, excludes: [], privileged: false });
    t.is(lstatSync(join(whole.rootfs, 'a')).size, 200_000);
    await whole.digests;
    rmSync(whole.rootfs, { recursive: true });
    truncateSync(archive, lstatSync(archive).size - 20);
    const error = await t.throwsAsync(() => unpack({ archive, work, excludes: [], privileged: false }));
    t.regex(error.message, /could not be unpacked: .*[Uu]nexpected|truncated|premature/);
  });
}

test('what is no archive at all is refused by its first bytes', async (t) => {
  const { work, archive } = place(t);
  writeFileSync(archive, '<html>not found</html>');
  await t.throwsAsync(() => unpack({ archive, work, excludes: [], privileged: false }), {
    message: /is no tar archive/,
  });
});

test('a bomb is refused before it fills the disk', async (t) => {
  const { work, archive } = place(t);
  // 128 MiB of zeros in a few kilobytes, as one file.
  execFileSync('sh', [
    '-c',
    `truncate -s 128M "$0.big" && tar -C "$(dirname "$0")" -cf - "$(basename "$0").big" | xz -T0 -0 >"$0"; rm "$0.big"`,
    archive,
  ]);
  const error = await t.throwsAsync(() => unpack({ archive, work, excludes: [], privileged: false }));
  t.regex(error.message, /more than 200 times its size/);
});

test('excluded members are left out', async (t) => {
  const { work, archive } = place(t);
  writeFileSync(archive, tarOf([{ path: './a' }, { path: './srv/b' }, { path: './[a]' }]));
  const { rootfs } = await unpack({ archive, work, excludes: ['./srv/b', './[a]'], privileged: false });
  t.deepEqual(readdirSync(rootfs).sort(), ['a']);
});
