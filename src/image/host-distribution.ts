/** Which image is like this host: its distribution, release and architecture. */
import { readableText } from '../readable-text.ts';
import { debianArch, type Wanted } from './product.ts';

/** Distributions whose images are named by the release's code name. */
const BY_CODENAME = ['debian', 'ubuntu', 'devuan', 'kali', 'mint'];
/** Those with one rolling release, as image servers name it. */
const ROLLING: Readonly<Record<string, string>> = {
  arch: 'current',
  void: 'current',
  gentoo: 'current',
  kali: 'current',
};
const DIST_NAMES: Readonly<Record<string, string>> = {
  arch: 'archlinux',
  void: 'voidlinux',
  rocky: 'rockylinux',
  ol: 'oracle',
};

/** The fields of os-release(5), quotes undone. */
function parseOsRelease(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').flatMap((line) => {
    const [, key, value = ''] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
    return key ? [[key, value.replace(/^(["'])(.*)\1$/, '$2')] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/** The default variant of the image that os-release text and an architecture stand for. */
export function distributionOf(osRelease: string, arch: string): Wanted {
  const fields = parseOsRelease(osRelease);
  const id = fields['ID'] ?? '';
  const version = fields['VERSION_ID'] ?? '';
  const release =
    ROLLING[id] ??
    (BY_CODENAME.includes(id) ? fields['VERSION_CODENAME'] : undefined) ??
    shortVersion(id, version);
  return { dist: DIST_NAMES[id] ?? id, release, arch: debianArch(arch), variant: 'default' };
}

/** alpine 3.20.1 -> 3.20; almalinux 9.4 -> 9; fedora 40 stays. */
function shortVersion(id: string, version: string): string {
  const parts = version.split('.');
  return parts.slice(0, ['alpine', 'opensuse-leap'].includes(id) ? 2 : 1).join('.');
}

export function hostDistribution(): Wanted {
  const file = ['/etc/os-release', '/usr/lib/os-release'].map(readableText).find((text) => text !== '') ?? '';
  return distributionOf(file, process.arch);
}
