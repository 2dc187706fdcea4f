import test from 'ava';
import { parseStreamIndex, parseStreamProducts } from '../../src/image/simplestreams.ts';

const digest = '0123456789abcdef'.repeat(4);
const item = (over: object = {}) => ({
  ftype: 'root.tar.xz',
  path: 'images/debian/bookworm/amd64/default/20260913_05:24/rootfs.tar.xz',
  sha256: digest,
  size: 98_412_345,
  ...over,
});
const document = (versions: object, over: object = {}) =>
  JSON.stringify({
    format: 'products:1.0',
    products: {
      'any:key:at:all': {
        aliases: 'debian/bookworm/default,debian/12/default,debian/bookworm,debian/12',
        ...{ arch: 'amd64', os: 'Debian', release: 'bookworm', variant: 'default', versions },
        ...over,
      },
    },
  });

test('the index: only streams of images, by their paths', (t) => {
  const text = JSON.stringify({
    index: {
      images: { datatype: 'image-downloads', path: 'streams/v1/images.json' },
      ids: { datatype: 'image-ids', path: 'streams/v1/ids.json' },
    },
  });
  t.deepEqual(parseStreamIndex(text, 'x'), ['streams/v1/images.json']);
});

test('a product: read from its fields, never from its key; numbers of releases are other names', (t) => {
  const [product] = parseStreamProducts(document({ '20260913_05:24': { items: { any: item() } } }), 'x');
  t.deepEqual(product, {
    ...{ dist: 'debian', release: 'bookworm', arch: 'amd64', variant: 'default', build: '20260913_05:24' },
    releaseAliases: ['12'],
    directory: 'images/debian/bookworm/amd64/default/20260913_05:24/',
    rootfs: { path: item().path, sha256: digest, size: 98_412_345 },
  });
});

test('names that a shell would not take as a word are not believed', (t) => {
  const builds = { '20260913_05:24': { items: { any: item() } } };
  const named = (over: object) => parseStreamProducts(document(builds, over), 'x');
  t.deepEqual(named({ release: '$(id)', aliases: 'debian/bookworm' }), []);
  t.deepEqual(named({ variant: 'a\nb' }), []);
  t.deepEqual(named({ aliases: '`id`/bookworm' }), []);
  t.deepEqual(named({ aliases: 'debian/bookworm,debian/$(id)' })[0]?.releaseAliases, []);
  t.deepEqual(parseStreamProducts(document({ '1;2': { items: { any: item() } } }), 'x'), []);
});

test('the newest build that has a root filesystem wins; of its kinds the tar archive', (t) => {
  const tar = item();
  const squashfs = item({ ftype: 'squashfs', path: 'images/a/rootfs.squashfs' });
  const chosen = (versions: object) => parseStreamProducts(document(versions), 'x')[0];
  const older = { '20260911_05:24': { items: { a: tar } } };
  const disk = { '20260914_05:24': { items: { a: item({ ftype: 'disk-kvm.img' }) } } };
  const both = chosen({ ...older, ...disk, '20260913_05:24': { items: { a: squashfs, b: tar } } });
  t.is(both?.build, '20260913_05:24');
  t.is(both?.rootfs?.path, tar.path);
  const one = chosen({ ...older, '20260913_05:24': { items: { a: squashfs } } });
  t.is(one?.rootfs?.path, squashfs.path);
  t.is(one?.directory, 'images/a/');
});

for (const [what, over] of Object.entries({
  'a path instead of a digest': { sha256: '../../etc/passwd' },
  'no digest': { sha256: undefined },
  'no size': { size: undefined },
  'a negative size': { size: -1 },
})) {
  test(`an item with ${what} is no item`, (t) => {
    t.deepEqual(parseStreamProducts(document({ '20260913_05:24': { items: { a: item(over) } } }), 'x'), []);
  });
}

for (const text of ['', '[]', '<html>', 'null', '{"products":3}']) {
  test(`${JSON.stringify(text)} is refused or empty, never a crash`, (t) => {
    try {
      t.deepEqual(parseStreamProducts(text, 'https://x/'), []);
    } catch (error) {
      t.regex((error as Error).message, /https:\/\/x\/ is not a simplestreams document/);
    }
  });
}
