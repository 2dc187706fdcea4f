import test from 'ava';
import { parseChecksums, parseIndexSystem } from '../../src/image/index-text.ts';

test('index-system: one product a line, its directory without the slashes at both ends', (t) => {
  const [product, ...others] = parseIndexSystem(
    'debian;bookworm;amd64;default;20260913_05:24;/images/debian/bookworm/amd64/default/20260913_05:24/\n',
  );
  t.deepEqual(others, []);
  t.like(product, {
    dist: 'debian',
    release: 'bookworm',
    arch: 'amd64',
    variant: 'default',
    build: '20260913_05:24',
  });
  t.is(product?.directory, 'images/debian/bookworm/amd64/default/20260913_05:24/');
  t.is(product?.rootfs, null);
});

test('index-system: lines of another shape are skipped', (t) => {
  t.deepEqual(parseIndexSystem('<html>\n\na;b;c\n;;;;;\n'), []);
});

test('SHA256SUMS: text and binary marks, digests of the right form only', (t) => {
  const digest = 'a'.repeat(64);
  const sums = parseChecksums(
    [
      `${digest}  rootfs.tar.xz`,
      `${digest.toUpperCase()} *meta.tar.xz`,
      `${'g'.repeat(64)}  x`,
      'short  y',
      '',
    ].join('\n'),
  );
  t.deepEqual(
    [...sums],
    [
      ['rootfs.tar.xz', digest],
      ['meta.tar.xz', digest],
    ],
  );
});
