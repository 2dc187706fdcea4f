/** Reads what a server offers: simplestreams where it has them, else the text index of LXC's own image server. */
import { TlxcError } from '../errors.ts';
import { getText, type HttpOptions } from './http.ts';
import { parseChecksums, parseIndexSystem } from './index-text.ts';
import { checkedSha256, type Product, type RemoteFile } from './product.ts';
import { parseStreamIndex, parseStreamProducts } from './simplestreams.ts';
import { pathOnServer } from './server.ts';
import { checkSignature } from './signature.ts';

const INDEX_LIMIT = 64 * 1024 * 1024;
const CHECKSUMS_LIMIT = 1024 * 1024;

/** All products of the server. */
export async function readCatalogue(server: URL, options: HttpOptions): Promise<Product[]> {
  const streams = await getText(pathOnServer(server, 'streams/v1/index.json'), INDEX_LIMIT, options);
  if (streams !== null) {
    const products = await readStreams(server, streams, options);
    if (products.length > 0) return products;
  }
  const index = await getText(pathOnServer(server, 'meta/1.0/index-system'), INDEX_LIMIT, options);
  if (index !== null) return parseIndexSystem(index);
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${server.href} is not an image server that TLXC can read`,
    hint: 'it has neither meta/1.0/index-system nor streams/v1/index.json with root.tar.xz or squashfs images',
  });
}

async function readStreams(server: URL, index: string, options: HttpOptions): Promise<Product[]> {
  const products: Product[] = [];
  for (const path of parseStreamIndex(index, `${server.href}streams/v1/index.json`)) {
    const text = await getText(pathOnServer(server, path), INDEX_LIMIT, options);
    if (text !== null) products.push(...parseStreamProducts(text, `${server.href}${path}`));
  }
  return products;
}

export interface ImageFiles {
  readonly rootfs: RemoteFile;
  /** LXC's metadata archive; null where the server has none for this build. */
  readonly metadata: RemoteFile | null;
  /** The pinned key that has signed their checksums; "": none is pinned. */
  readonly signedBy: string;
}

/**
 * The product's files, each with the checksum it must have; throws where the server names none for the root filesystem.
 * With a keyring, only checksums of a SHA256SUMS that one of its keys has signed count.
 */
export async function resolveFiles(
  server: URL,
  product: Product,
  options: HttpOptions & { readonly keyring?: string | null },
): Promise<ImageFiles> {
  const { directory } = product;
  const url = pathOnServer(server, `${directory}SHA256SUMS`);
  const sums = await getText(url, CHECKSUMS_LIMIT, options);
  let signedBy = '';
  if (options.keyring) {
    const signature = await getText(new URL(`${url.href}.asc`), CHECKSUMS_LIMIT, options);
    signedBy = await checkSignature({
      what: url.href,
      text: sums ?? '',
      signature,
      keyring: options.keyring,
    });
  }
  const known = sums === null ? new Map<string, string>() : parseChecksums(sums);
  const named = (name: string): RemoteFile | null => {
    const sha256 = checkedSha256(known.get(name) ?? '');
    return sha256 === null ? null : { path: `${directory}${name}`, sha256, size: null };
  };
  const rootfs = options.keyring
    ? named(product.rootfs?.path.slice(directory.length) ?? 'rootfs.tar.xz')
    : (product.rootfs ?? named('rootfs.tar.xz'));
  if (rootfs) return { rootfs, metadata: named('meta.tar.xz'), signedBy };
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${server.href} gives no SHA-256 for ${directory}rootfs.tar.xz: refused`,
    hint: 'TLXC uses no image that it cannot verify; the server needs simplestreams or a SHA256SUMS beside the file',
  });
}
