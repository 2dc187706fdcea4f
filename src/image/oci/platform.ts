/** Which image of an index is for this machine, or for the one that was asked for. */
import { TlxcError, usageError } from '../../errors.ts';
import type { IndexEntry, Platform } from './documents.ts';

/** Go's names of architectures, as images use them, for those of uname, Node and Debian. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  ...{ x86_64: 'amd64', x64: 'amd64', aarch64: 'arm64', armv8l: 'arm64' },
  ...{ i386: '386', i486: '386', i586: '386', i686: '386', x86: '386', ia32: '386' },
  ...{ ppc64el: 'ppc64le', mips64el: 'mips64le', mipsel: 'mipsle' },
};
const WITH_VARIANT: Readonly<Record<string, readonly [string, string]>> = {
  armhf: ['arm', 'v7'],
  armv7l: ['arm', 'v7'],
  armv6l: ['arm', 'v6'],
  armel: ['arm', 'v5'],
};
/** What a machine runs, best first; "" is what says nothing. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  arm: ['v7', 'v6', 'v5', ''],
  arm64: ['v8', ''],
  amd64: ['', 'v1'],
};

/** [OS/]ARCHITECTURE[/VARIANT], in anybody's names: amd64, aarch64, linux/arm/v7. Throws TLXC_E_USAGE. */
export function parsePlatformName(text: string): Platform {
  const [first = '', ...others] = text.toLowerCase().split('/');
  const [name = '', given = '', ...more] = first === 'linux' ? others : [first, ...others];
  const [architecture, variant] = WITH_VARIANT[name] ?? [ARCHITECTURES[name] ?? name, ''];
  if (more.length === 0 && /^[a-z0-9]+$/.test(architecture) && /^(v\d+)?$/.test(given))
    return { os: 'linux', architecture, variant: given || variant };
  throw usageError(
    `${JSON.stringify(text)} is no architecture`,
    'write amd64, arm64, arm/v7 …; only images for Linux make containers',
  );
}

export const platformText = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, variant].filter((part) => part !== '').join('/');

/** How well it fits: 0 best; null: not at all. */
function rank(wanted: Platform, { os, architecture, variant }: Platform): number | null {
  if (os !== wanted.os || architecture !== wanted.architecture) return null;
  const order =
    wanted.variant === '' ? (VARIANTS[architecture] ?? ['']) : [wanted.variant, ...impliedBy(wanted)];
  const at = order.indexOf(variant);
  if (at !== -1) return at;
  return wanted.variant === '' ? order.length : null;
}

/** What such a machine runs as well, best first: older ones of its kind. arm64/v8 is what most images call arm64, amd64/v1 amd64. */
function impliedBy({ architecture, variant }: Platform): string[] {
  if (architecture === 'amd64') return [...levelsBelow(variant), ''];
  const known = VARIANTS[architecture] ?? [];
  return known.includes(variant) ? known.slice(known.indexOf(variant) + 1) : [];
}

/** v3: v2, v1. */
function levelsBelow(variant: string): string[] {
  const level = Number(/^v([1-4])$/.exec(variant)?.[1] ?? 1);
  return Array.from({ length: level - 1 }, (_, index) => `v${level - 1 - index}`);
}

/** Throws TLXC_E_IMAGE saying which there are. */
export function choosePlatform(entries: readonly IndexEntry[], wanted: Platform, what: string): IndexEntry {
  // Attestations and signatures are listed beside the images, as for unknown/unknown.
  const images = entries.filter(({ platform }) => platform === null || platform.os !== 'unknown');
  const fitting = images.flatMap((entry) => {
    const order = entry.platform === null ? null : rank(wanted, entry.platform);
    return order === null ? [] : [{ entry, order }];
  });
  const best = fitting.sort((a, b) => a.order - b.order)[0];
  if (best) return best.entry;
  const [only] = images;
  if (only?.platform === null && images.length === 1) return only;
  const there = images.map(({ platform }) =>
    platform === null ? 'one without a name' : platformText(platform),
  );
  throw notMadeFor(wanted, there, what);
}

/** An image without an index says itself what it is for; some say nothing. Throws TLXC_E_IMAGE. */
export function refuseOther(architecture: string, wanted: Platform, what: string): void {
  const own = ARCHITECTURES[architecture] ?? architecture;
  if (own !== '' && own !== wanted.architecture) throw notMadeFor(wanted, [`linux/${own}`], what);
}

function notMadeFor(wanted: Platform, there: readonly string[], what: string): TlxcError {
  const message = `${what} is not made for ${platformText(wanted)}`;
  const names = [...new Set(there)].sort().join(', ');
  const hint =
    names === ''
      ? 'it has no image at all: take another'
      : `it is for ${names}; another one is taken with tlxc-create … -- --arch=ARCHITECTURE, or tlxc-image pull IMAGE ARCHITECTURE`;
  return new TlxcError({ code: 'TLXC_E_IMAGE', message, hint });
}
