/** What is made once and kept between runs, outside the checkout: TLXC_TEST_CACHE, or ~/.cache/tlxc-test. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cacheDir: string = process.env['TLXC_TEST_CACHE'] ?? join(homedir(), '.cache/tlxc-test');

/** Where Debian's packages come from. */
export const debianMirror: string = process.env['TLXC_DEBIAN_MIRROR'] ?? 'http://deb.debian.org/debian';

/** The root filesystem of Debian 12 that debian.ts makes. */
export const debianTar: string = join(cacheDir, 'debian-bookworm-1.tar');
