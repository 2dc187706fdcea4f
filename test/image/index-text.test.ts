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

test('index-system: a name that a shell would not take as a word is none', (t) => {
  for (const name of ['$(id)', 'a b', '`id`', '../x', 'a\u001b[2J', "'", '-x', 'x'.repeat(65)])
    t.deepEqual(
      parseIndexSystem(`debian;${name};amd64;default;1;/x/\ndebian;one;amd64;default;${name};/x/\n`),
      [],
    );
  t.is(parseIndexSystem('opensuse;15.6_b~1+x;amd64;a-b;2026:1;/x/\n').length, 1);
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
