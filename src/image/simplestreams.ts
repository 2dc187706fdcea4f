/** Simplestreams: streams/v1/index.json names streams, each a JSON of products. Unknown fields are ignored, as it asks. */
import { TlxcError } from '../errors.ts';
import { isFields, textOf, type Fields } from './json.ts';
import {
  checkedSha256,
  debianArch,
  hasPlainNames,
  isPlainName,
  type Product,
  type RemoteFile,
} from './product.ts';

const entries = (value: unknown): [string, Fields][] =>
  isFields(value)
    ? Object.entries(value).filter((entry): entry is [string, Fields] => isFields(entry[1]))
    : [];

function parseObject(text: string, where: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (isFields(value)) return value;
  } catch {
    // Said below: the parser's own words name a byte offset in a file that the person never sees.
  }
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${where} is not a simplestreams document`,
    hint: 'ask another server (--server, or tlxc.image.server)',
  });
}

/** The paths of the product files that list images. */
export function parseStreamIndex(text: string, where: string): string[] {
  return entries(parseObject(text, where)['index']).flatMap(([, stream]) => {
    const path = textOf(stream['path']);
    return stream['datatype'] === 'image-downloads' && path !== '' ? [path] : [];
  });
}

/** The products that have a container's root filesystem, as a tar archive or a squashfs image. */
export function parseStreamProducts(text: string, where: string): Product[] {
  return entries(parseObject(text, where)['products'])
    .flatMap(([, product]) => newestBuild(product))
    .filter(hasPlainNames);
}

function newestBuild(product: Fields): Product[] {
  const builds = entries(product['versions']).sort(([a], [b]) => (a < b ? 1 : -1));
  for (const [build, version] of builds) {
    const rootfs = rootfsOf(version);
    if (rootfs) return [describe(product, build, rootfs)];
  }
  return [];
}

/** In this order: a tar archive is unpacked while it arrives, and keeps what squashfs has no room for. */
const ROOTFS_TYPES = ['root.tar.xz', 'squashfs'];

function rootfsOf(version: Fields): RemoteFile | null {
  const items = entries(version['items']).map(([, item]) => item);
  const ordered = ROOTFS_TYPES.flatMap((type) => items.filter(({ ftype }) => ftype === type));
  for (const { path: given, sha256: digest, size } of ordered) {
    const path = textOf(given);
    const sha256 = checkedSha256(textOf(digest));
    if (path === '' || sha256 === null) continue;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size <= 0) continue;
    return { path, sha256, size };
  }
  return null;
}

function describe(product: Fields, build: string, rootfs: RemoteFile): Product {
  const aliases = textOf(product['aliases'])
    .split(',')
    .map((alias) => alias.trim().split('/'));
  const release = textOf(product['release']);
  const dist = (aliases[0]?.[0] || textOf(product['os'])).toLowerCase();
  return {
    ...{ dist, release, build, rootfs },
    arch: debianArch(textOf(product['arch'])),
    variant: textOf(product['variant']) || 'default',
    releaseAliases: [
      ...new Set(
        aliases.flatMap(([, name]) => (name && name !== release && isPlainName(name) ? [name] : [])),
      ),
    ],
    directory: rootfs.path.slice(0, rootfs.path.lastIndexOf('/') + 1),
  };
}
