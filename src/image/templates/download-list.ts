/** The table of --list, in LXC's columns. */
import { matches, type Product } from '../product.ts';
import type { DownloadOptions } from './download-options.ts';

const row = ([dist, release, arch, variant, build]: readonly string[]) =>
  `${dist?.padEnd(15)}  ${release?.padEnd(10)}  ${arch?.padEnd(5)}  ${variant?.padEnd(7)}  ${build?.padEnd(14)}`.trimEnd();

/** The products that the options leave, sorted, between two lines of dashes. */
export function listProducts(products: readonly Product[], options: DownloadOptions): string {
  const rows = products
    .filter((product) => matches(product, options))
    .map(({ dist, release, arch, variant, build }) => row([dist, release, arch, variant, build]))
    .sort();
  return ['---', row(['DIST', 'RELEASE', 'ARCH', 'VARIANT', 'BUILD']), '---', ...rows, '---', ''].join('\n');
}
