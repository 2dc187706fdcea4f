/** What is made once and kept between runs, outside the checkout: TLXC_TEST_CACHE, or ~/.cache/tlxc-test. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const cacheDir: string = process.env['TLXC_TEST_CACHE'] ?? join(homedir(), '.cache/tlxc-test');

/** Where Debian's packages come from. */
export const debianMirror: string = process.env['TLXC_DEBIAN_MIRROR'] ?? 'http://deb.debian.org/debian';

/** Debian 12, and 13, which has a systemd from after 255. */
export type DebianRelease = 'bookworm' | 'trixie';

/** The root filesystem of Debian that debian.ts makes. */
export const debianTarOf = (release: DebianRelease): string => join(cacheDir, `debian-${release}-1.tar`);
export const debianTar: string = debianTarOf('bookworm');
