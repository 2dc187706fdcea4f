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

test('the newest build that has a tar archive wins', (t) => {
  const text = document({
    '20260911_05:24': { items: { a: item() } },
    '20260913_05:24': { items: { a: item({ ftype: 'squashfs' }) } },
    '20260912_05:24': { items: { a: item() } },
  });
  t.is(parseStreamProducts(text, 'x')[0]?.build, '20260912_05:24');
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
