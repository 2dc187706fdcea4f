/** The text formats of an image server: meta/1.0/index-system and SHA256SUMS. */
import { checkedSha256, hasPlainNames, type Product } from './product.ts';

/** One line a product: dist;release;arch;variant;build;/path/. Lines of another shape are of no use to us. */
export function parseIndexSystem(text: string): Product[] {
  return text.split('\n').flatMap((line) => {
    const [dist, release, arch, variant, build, path] = line.trim().split(';');
    if (!dist || !release || !arch || !variant || !build || !path) return [];
    const directory = `${path.replace(/^\/+|\/+$/g, '')}/`;
    const product = { dist, release, arch, variant, build, directory, releaseAliases: [], rootfs: null };
    return hasPlainNames(product) ? [product] : [];
  });
}

/** File name to SHA-256, as sha256sum(1) writes it. */
export function parseChecksums(text: string): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, digest = '', name = ''] = /^(\S{64}) [ *](.+)$/.exec(line) ?? [];
    const sha256 = checkedSha256(digest.toLowerCase());
    if (sha256 !== null) sums.set(name, sha256);
  }
  return sums;
}
