import test from 'ava';
import { chooseProduct, debianArch, type Product } from '../../src/image/product.ts';
import { TlxcError } from '../../src/errors.ts';

const product = (text: string): Product => {
  const [dist = '', release = '', arch = '', variant = '', build = ''] = text.split(' ');
  const releaseAliases = release === 'bookworm' ? ['12'] : [];
  return { dist, release, arch, variant, build, releaseAliases, directory: '', rootfs: null };
};
const all = [
  product('debian bookworm amd64 default 20260912_05:24'),
  product('debian bookworm amd64 default 20260913_05:24'),
  product('debian bookworm amd64 cloud 20260914_05:24'),
  product('debian bookworm arm64 default 20260913_05:24'),
  product('alpine 3.22 amd64 default 20260913_13:00'),
];
const choose = (dist: string, release: string, arch = 'amd64', variant = 'default') =>
  chooseProduct(all, { dist, release, arch, variant }, 'images.example.org');
const hintOf = (choice: () => unknown): string => {
  try {
    choice();
  } catch (error) {
    return error instanceof TlxcError ? (error.details.hint ?? '') : String(error);
  }
  return '';
};

test('the newest build of what was asked for', (t) => {
  t.is(choose('debian', 'bookworm').build, '20260913_05:24');
  t.is(choose('Debian', '12', 'x86_64', 'cloud').build, '20260914_05:24');
});

test('architectures by the names that uname, Node and Debian give them', (t) => {
  t.deepEqual(['x86_64', 'aarch64', 'armv7l', 'amd64', 'x64', 'riscv64'].map(debianArch), [
    ...['amd64', 'arm64', 'armhf', 'amd64', 'amd64', 'riscv64'],
  ]);
});

test('what is not there is answered with what is', (t) => {
  t.regex(
    hintOf(() => choose('gentoo', 'current')),
    /it has: alpine, debian/,
  );
  t.regex(
    hintOf(() => choose('debian', 'sarge')),
    /releases of debian there: bookworm/,
  );
  t.regex(
    hintOf(() => choose('debian', 'bookworm', 'riscv64')),
    /amd64\/cloud, amd64\/default, arm64\/default/,
  );
});
