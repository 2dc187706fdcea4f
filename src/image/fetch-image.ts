/** An image from an image server into the store; of several servers, the first that gives it whole. */
import { rm } from 'node:fs/promises';
import { TlxcError } from '../errors.ts';
import type { Mapping } from '../host/mapped.ts';
import { Problem } from '../problem.ts';
import { readCatalogue, resolveFiles, type ImageFiles } from './catalogue.ts';
import { download } from './download.ts';
import { defaultMetadata, parseMetadata, type ImageMetadata } from './metadata.ts';
import { readMetadataArchive } from './metadata-archive.ts';
import { debianArch, type Product } from './product.ts';
import type { OnImageEvent } from './progress.ts';
import { pathOnServer, proxyFor } from './server.ts';
import type { ImageSource, ImageStore, StoredImage } from './store.ts';
import { unpack } from './unpack.ts';

const MAX_ROOTFS = 16 * 2 ** 30;
const MAX_METADATA = 2 ** 20;

export type DownloadSource = Extract<ImageSource, { kind: 'download' }>;

/** Where to, and how. */
export interface Fetching {
  readonly store: ImageStore;
  readonly privileged: boolean;
  /** A plain user's: files get the owners of this namespace. null: root makes them as they are. */
  readonly mapping: Mapping | null;
  /** OpenPGP keys, one of which must have signed the checksums; null: HTTPS and the checksums are trusted. */
  readonly keyring: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly onEvent: OnImageEvent;
}

type Choose = (products: readonly Product[], server: URL) => Product | Promise<Product>;

/** What a server did wrong, or has not: another may do better. */
class ServerFailure extends TlxcError {}

async function blamed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TlxcError && error.code === 'TLXC_E_IMAGE') throw new ServerFailure(error.details);
    throw error;
  }
}

export const titleOf = ({ dist, release, arch, variant, build }: DownloadSource): string =>
  `${dist}/${release}/${arch}/${variant} ${build}`;

/** What the server offers. Throws TLXC_E_IMAGE. */
export function catalogueOf(
  server: URL,
  { onEvent, environment }: Pick<Fetching, 'onEvent' | 'environment'>,
): Promise<Product[]> {
  onEvent({ kind: 'index', server: server.host, proxy: proxyFor(server, environment) });
  return blamed(readCatalogue(server, {}));
}

/** The result of the first server for which `work` succeeds; throws TLXC_E_IMAGE with what each of them did. */
export async function firstServer<T>(
  servers: readonly URL[],
  onEvent: OnImageEvent,
  work: (server: URL) => Promise<T>,
): Promise<T> {
  const failures: ServerFailure[] = [];
  for (const server of servers) {
    try {
      return await work(server);
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error;
      failures.push(error);
      if (failures.length < servers.length)
        onEvent({ kind: 'failed-server', server: server.host, reason: error.message });
    }
  }
  const [only] = failures;
  if (only && failures.length === 1) throw only;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `none of the ${failures.length} image servers gave the image`,
    problems: failures.map(({ message }) => new Problem({ message })),
    hint: 'they are those of tlxc.image.server in tlxc.conf; --server asks another',
  });
}

/** The image that `choose` picks of what a server offers, from the store where it is there. Throws TLXC_E_IMAGE. */
export function fetchImage(
  servers: readonly URL[],
  choose: Choose,
  fetching: Fetching,
): Promise<StoredImage> {
  return firstServer(servers, fetching.onEvent, async (server) => {
    const products = await catalogueOf(server, fetching);
    const product = await blamed(Promise.resolve(products).then((all) => choose(all, server)));
    return fetchProduct(product, server, fetching);
  });
}

const sourceOf = (product: Product, server: URL): DownloadSource => {
  const { dist, release, releaseAliases, arch, variant, build } = product;
  return { kind: 'download', server: server.href, dist, release, releaseAliases, arch, variant, build };
};

async function fetchProduct(product: Product, server: URL, fetching: Fetching): Promise<StoredImage> {
  const { store, onEvent, privileged, mapping, keyring } = fetching;
  const source = sourceOf(product, server);
  const title = titleOf(source);
  const files = await blamed(resolveFiles(server, product, { keyring }));
  const origin = { files, server, title, arch: product.arch };
  const id = files.rootfs.sha256;
  const waiting = () => onEvent({ kind: 'waiting', image: title });
  const renewed = await store.update(
    id,
    async () => ({ source, metadata: await fetchMetadata(origin, fetching) }),
    waiting,
  );
  if (renewed) {
    onEvent({ kind: 'cached', image: title });
    return renewed;
  }
  const make = async (work: string) => {
    const metadata = await fetchMetadata(origin, fetching);
    const archive = await fetchFile('rootfs', origin, fetching);
    onEvent({ kind: 'unpack', image: title });
    const { devices } = await unpack({ archive, work, excludes: metadata.excludes, privileged, mapping });
    await rm(archive, { force: true });
    return { source, metadata, devices };
  };
  return store.obtain(id, make, waiting);
}

interface Origin {
  readonly files: ImageFiles;
  readonly server: URL;
  readonly title: string;
  readonly arch: string;
}

async function fetchMetadata(origin: Origin, fetching: Fetching): Promise<ImageMetadata> {
  if (origin.files.metadata === null) return defaultMetadata(debianArch(origin.arch));
  const archive = await fetchFile('metadata', origin, fetching);
  try {
    return await blamed(
      readMetadataArchive(archive).then((members) => parseMetadata(members, `image ${origin.title}`)),
    );
  } finally {
    await rm(archive, { force: true });
  }
}

async function fetchFile(
  what: 'rootfs' | 'metadata',
  { files, server }: Origin,
  { store, onEvent }: Fetching,
): Promise<string> {
  const file = files[what] ?? files.rootfs;
  const destination = store.downloadPath(files.rootfs.sha256, what);
  const transfer = download({
    ...{ file, destination },
    url: pathOnServer(server, file.path),
    limit: what === 'rootfs' ? MAX_ROOTFS : MAX_METADATA,
    onProgress: (received, total) => onEvent({ kind: 'download', what, received, total }),
  });
  await blamed(transfer);
  return destination;
}
