import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { LayerStack } from '../../../src/image/oci/apply-layer.ts';
import { requires } from '../../rig/requires.ts';
import type { Entry } from '../archives.ts';
import { buildImage, type Compression } from './images.ts';

const test = requires('root');

const DIRECTORY = 'Directory' as const;
const link = (path: string, linkpath: string): Entry => ({ path, type: 'SymbolicLink', linkpath });
const dir = (path: string, mode = 0o755): Entry => ({ path, type: DIRECTORY, mode });
const file = (path: string, content = path): Entry => ({ path, content });

/** Applies the layers to an empty tree; what lies beside it must stay as it was. */
async function applied(
  t: ExecutionContext,
  layers: readonly (readonly Entry[])[],
  compression: Compression = 'gzip',
) {
  const base = mkdtempSync(join(tmpdir(), 'tlxc-layers-'));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const work = join(base, 'work');
  mkdirSync(work);
  writeFileSync(join(base, 'canary'), 'untouched');
  const image = buildImage({ layers, compression });
  const { config } = image;
  const { rootfs } = JSON.parse(image.blobs.get(config.digest)?.toString() ?? '') as {
    rootfs: { diff_ids: string[] };
  };
  const stack = await LayerStack.begin({ work, mapping: null, privileged: false, title: 'an image' });
  const found: { error: Error | null } = { error: null };
  for (const [index, descriptor] of image.layers.entries()) {
    const path = join(base, 'layer');
    writeFileSync(path, image.blobs.get(descriptor.digest) ?? '');
    await stack
      .apply({ descriptor, diffId: rootfs.diff_ids[index] ?? '', file: path })
      .catch((cause: unknown) => {
        found.error ??= cause as Error;
      });
    rmSync(path);
    if (found.error) break;
  }
  t.is(readFileSync(join(base, 'canary'), 'utf8'), 'untouched');
  t.deepEqual(readdirSync(base).sort(), ['canary', 'work']);
  return { error: found.error, root: join(work, 'rootfs') };
}

const tree = (root: string): string[] =>
  execFileSync(
    'find',
    ['.', '-mindepth', '1', '(', '-type', 'l', '-printf', '%P -> %l\\n', '-o', '-printf', '%P\\n', ')'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
    .trim()
    .split('\n')
    .sort();

test('a whiteout removes what the layers below have, wherever it stands, and nothing of its own layer', async (t) => {
  const { error, root } = await applied(t, [
    [dir('a/'), file('a/old'), file('a/kept'), dir('b/'), file('b/x'), dir('c/'), file('c/x')],
    [file('a/new'), file('a/.wh.old'), file('.wh.b'), dir('c/'), file('c/x', 'mine'), file('c/.wh.x')],
  ]);
  t.is(error, null);
  t.deepEqual(tree(root), ['a', 'a/kept', 'a/new', 'c', 'c/x']);
  t.is(readFileSync(join(root, 'c/x'), 'utf8'), 'mine');
});

test('an opaque directory hides what is below, and keeps what its layer puts there', async (t) => {
  const { error, root } = await applied(t, [
    [dir('a/'), file('a/1'), dir('a/b/'), file('a/b/2')],
    [dir('a/', 0o700), file('a/3'), file('a/.wh..wh..opq')],
    [file('a/4')],
  ]);
  t.is(error, null);
  t.deepEqual(tree(root), ['a', 'a/3', 'a/4']);
  t.is(lstatSync(join(root, 'a')).mode & 0o777, 0o700);
});

test('what is of another kind replaces what was there', async (t) => {
  const { error, root } = await applied(t, [
    [dir('tree/'), file('tree/x'), file('plain'), link('link', 'plain'), file('same', 'old')],
    [file('tree', 'a file'), dir('plain/'), file('plain/y'), dir('link/'), file('same', 'new')],
  ]);
  t.is(error, null);
  t.deepEqual(tree(root), ['link', 'plain', 'plain/y', 'same', 'tree']);
  t.true(lstatSync(join(root, 'link')).isDirectory());
  t.is(readFileSync(join(root, 'same'), 'utf8'), 'new');
});

test('a name that leads through a link of a lower layer leads where the link does, inside', async (t) => {
  const { error, root } = await applied(t, [
    [
      dir('usr/lib/'),
      link('lib', 'usr/lib'),
      dir('run/'),
      dir('var/'),
      link('var/run', '/run'),
      link('up', '../../run'),
    ],
    [
      file('lib/libc.so'),
      file('/var/run/ko/data'),
      file('./up/file'),
      { path: 'var/run/link', type: 'Link', linkpath: 'var/run/ko/data' },
    ],
  ]);
  t.is(error, null, String(error));
  t.deepEqual(tree(root), [
    ...['lib -> usr/lib', 'run', 'run/file', 'run/ko', 'run/ko/data', 'run/link', 'up -> ../../run'],
    ...['usr', 'usr/lib', 'usr/lib/libc.so', 'var', 'var/run -> /run'],
  ]);
  t.is(lstatSync(join(root, 'run/link')).nlink, 2);
});

test('a hard link may lead to a file of a lower layer', async (t) => {
  const { error, root } = await applied(t, [[file('a')], [{ path: 'b', type: 'Link', linkpath: 'a' }]]);
  t.is(error, null, String(error));
  t.is(lstatSync(join(root, 'b')).ino, lstatSync(join(root, 'a')).ino);
});

test('a file that replaces one of several names leaves the others as they are', async (t) => {
  const { root } = await applied(t, [
    [file('a', 'first'), { path: 'b', type: 'Link', linkpath: 'a' }],
    [file('a', 'second')],
  ]);
  t.is(readFileSync(join(root, 'b'), 'utf8'), 'first');
});

for (const compression of ['gzip', 'zstd', 'none'] as const) {
  test(`layers: ${compression}, empty ones among them`, async (t) => {
    const { error, root } = await applied(t, [[file('a')], [], [file('b')]], compression);
    t.is(error, null, String(error));
    t.deepEqual(tree(root), ['a', 'b']);
  });
}

const HOSTILE: Readonly<Record<string, readonly (readonly Entry[])[]>> = {
  'a path that climbs': [[file('../canary')]],
  'a path that climbs from below': [[file('a/../../../canary')]],
  'a hard link that climbs': [[{ path: 'a', type: 'Link', linkpath: '../../canary' }]],
  'a hard link to a file of the host': [[{ path: 'a', type: 'Link', linkpath: '/etc/passwd' }]],
  'a hard link through a link to the host': [
    [link('etc', '/usr/share')],
    [{ path: 'a', type: 'Link', linkpath: 'etc/passwd' }],
  ],
  'a link that leads to itself': [[link('a', 'b'), link('b', 'a')], [file('a/x')]],
  'a whiteout of the directory above': [[file('a/.wh...')]],
  'a whiteout of its own directory': [[dir('a/'), file('a/.wh..')]],
  'a whiteout of nothing': [[file('a/.wh.')]],
  'a whiteout that climbs': [[file('../.wh.canary')]],
  'a file below a file': [[file('a')], [file('a/b')]],
  'a character device': [[{ path: 'srv/null', type: 'CharacterDevice' }]],
  'a block device': [[{ path: 'srv/disk', type: 'BlockDevice' }]],
  'a root that is no directory': [[file('./')]],
};

for (const [what, layers] of Object.entries(HOSTILE)) {
  test(`refused: ${what}`, async (t) => {
    const { error } = await applied(t, layers);
    t.is((error as { code?: string } | null)?.code, 'TLXC_E_IMAGE', String(error));
    t.regex(error?.message ?? '', /an image|layer/);
  });
}

/** Links of a first layer that lead out: what a second one writes or removes through them stays inside. */
for (const [index, target] of ['/tmp', '../../../../../../tmp', '/', '../..'].entries()) {
  test(`contained: files and whiteouts through a link to ${target}`, async (t) => {
    const name = `tlxc-layers-${process.pid}-${index}`;
    writeFileSync(`/tmp/${name}-kept`, 'untouched');
    t.teardown(() => rmSync(`/tmp/${name}-kept`, { force: true }));
    const { root } = await applied(t, [
      [link('out', target)],
      [file(`out/${name}-new`), file(`out/tmp/${name}-new`), file('out/canary', 'x')],
      [
        file(`out/.wh.${name}-kept`),
        file(`out/tmp/.wh.${name}-kept`),
        file('out/.wh.canary'),
        file('out/.wh..wh..opq'),
      ],
    ]);
    t.is(readFileSync(`/tmp/${name}-kept`, 'utf8'), 'untouched');
    t.false(existsSync(`/tmp/${name}-new`));
    t.true(lstatSync(root).isDirectory());
  });
}

test('a layer that is not the one the configuration means is refused', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'tlxc-layers-'));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const image = buildImage({ layers: [[file('a')]] });
  const [descriptor] = image.layers;
  if (!descriptor) throw new Error('no layer');
  writeFileSync(join(base, 'layer'), image.blobs.get(descriptor.digest) ?? '');
  const stack = await LayerStack.begin({ work: base, mapping: null, privileged: false, title: 'an image' });
  const diffId = `sha256:${'0'.repeat(64)}`;
  await t.throwsAsync(stack.apply({ descriptor, diffId, file: join(base, 'layer') }), {
    message: /configuration says/,
  });
});

test('refused: a layer that grows beyond measure, and names longer than any path', async (t) => {
  const bomb = await applied(t, [[file('zeros', '0'.repeat(80 * 2 ** 20))]]);
  t.regex(bomb.error?.message ?? '', /grows to more than 200 times its size/);
  const record = 'x'.repeat(5000);
  const text = ` path=${record}\n`;
  const length = `${text.length + 4}${text}`;
  const pax = { path: 'pax', type: 'ExtendedHeader', content: length } as unknown as Entry;
  const long = await applied(t, [[pax, file('short')]]);
  t.regex(long.error?.message ?? '', /too long/);
});
