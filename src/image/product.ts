/** What an image server offers, in whichever format it said so, and the choice of one product. */
import { TlxcError } from '../errors.ts';

/** A file of an image server's. */
export interface RemoteFile {
  /** Relative to the server's root. */
  readonly path: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  /** bytes; null where the server does not say. */
  readonly size: number | null;
}

/** The newest build of one distribution, release, architecture and variant. */
export interface Product {
  readonly dist: string;
  readonly release: string;
  /** As Debian names it: amd64, arm64, armhf. */
  readonly arch: string;
  readonly variant: string;
  /** The build's serial: 20260913_05:24. */
  readonly build: string;
  /** Other names of the release ("12" for bookworm). */
  readonly releaseAliases: readonly string[];
  /** The build's directory on the server, relative to its root, with a final slash. */
  readonly directory: string;
  /** null: not named by the index; found in the directory's SHA256SUMS. */
  readonly rootfs: RemoteFile | null;
}

/** What a person asked for; "" means any. */
export interface Wanted {
  readonly dist: string;
  readonly release: string;
  readonly arch: string;
  readonly variant: string;
}

const ARCHITECTURES: Readonly<Record<string, string>> = {
  ...{ x86_64: 'amd64', x64: 'amd64', aarch64: 'arm64', armv7l: 'armhf', armv8l: 'armhf', arm: 'armhf' },
  ...{ i686: 'i386', i586: 'i386', x86: 'i386', ia32: 'i386', ppc64le: 'ppc64el', ppc64: 'ppc64el' },
};

/** Debian's name of an architecture that may be given as uname, Node or Debian calls it. */
export const debianArch = (name: string): string => ARCHITECTURES[name.toLowerCase()] ?? name.toLowerCase();

/**
 * What a name that a server or an image gives may be made of; anything else is not believed. Names are typed, offered by
 * shells when they complete a line, and told in scripts: none is to do anything there.
 */
export const isPlainName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._+:~-]{0,63}$/.test(text);

export const hasPlainNames = ({ dist, release, arch, variant, build }: Product): boolean =>
  [dist, release, arch, variant, build].every(isPlainName);

/** The digest as given by a server, checked: it becomes part of paths. null when it is none. */
export const checkedSha256 = (text: string): string | null => (/^[0-9a-f]{64}$/.test(text) ? text : null);

export function matches(product: Product, wanted: Wanted): boolean {
  const { dist, release, arch, variant } = wanted;
  return (
    (dist === '' || product.dist === dist.toLowerCase()) &&
    (release === '' || product.release === release || product.releaseAliases.includes(release)) &&
    (arch === '' || product.arch === debianArch(arch)) &&
    (variant === '' || product.variant === variant)
  );
}

/** The one product asked for; throws TLXC_E_IMAGE saying what there is instead. */
export function chooseProduct(products: readonly Product[], wanted: Wanted, server: string): Product {
  const found = products.filter((product) => matches(product, wanted));
  const newest = found.reduce<Product | undefined>((a, b) => (a && a.build >= b.build ? a : b), undefined);
  if (newest) return newest;
  const asked = [wanted.dist, wanted.release, debianArch(wanted.arch), wanted.variant].join('/');
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${server} has no image ${asked}`,
    hint: alternatives(products, wanted),
  });
}

function alternatives(products: readonly Product[], wanted: Wanted): string {
  const list = (values: Iterable<string>) => [...new Set(values)].sort().join(', ');
  const ofDist = products.filter((product) =>
    matches(product, { ...wanted, release: '', arch: '', variant: '' }),
  );
  if (ofDist.length === 0) return `it has: ${list(products.map(({ dist }) => dist)) || 'nothing'}`;
  const ofRelease = ofDist.filter((product) => matches(product, { ...wanted, arch: '', variant: '' }));
  if (ofRelease.length === 0)
    return `releases of ${wanted.dist} there: ${list(ofDist.map(({ release }) => release))}`;
  return `of that release it has: ${list(ofRelease.map(({ arch, variant }) => `${arch}/${variant}`))}`;
}
