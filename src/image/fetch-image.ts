/** An image from an image server into the store; of several servers, the first that gives it whole. */
import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import { TlxcError } from '../errors.ts';
import type { Mapping } from '../host/mapped.ts';
import { removeTree } from '../host/trees.ts';
import { Problem } from '../problem.ts';
import { Arrival } from './arrival.ts';
import { readCatalogue, resolveFiles, type ImageFiles } from './catalogue.ts';
import { download, type DownloadRequest } from './download.ts';
import { defaultMetadata, parseMetadata, type ImageMetadata } from './metadata.ts';
import { readMetadataArchive } from './metadata-archive.ts';
import { devicesOfKept, keepFile } from './packed-image.ts';
import { debianArch, type Product } from './product.ts';
import { asEvents, type OnImageEvent } from './progress.ts';
import { checkBuild } from './rollback.ts';
import { pathOnServer, proxyFor } from './server.ts';
import type { ImageSource, ImageStore, StoredImage } from './store.ts';
import { checkUnsquashfs } from './unpack-squashfs.ts';
import { unpack, type Unpacked, type Unpacking } from './unpack.ts';

const MAX_ROOTFS = 16 * 2 ** 30;
const MAX_METADATA = 2 ** 20;

export type DownloadSource = Extract<ImageSource, { kind: 'download' }>;

/** Where to, and how. */
export interface Fetching {
  readonly store: ImageStore;
  readonly privileged: boolean;
  /** A plain user's: files get the owners of this namespace. null: root makes them as they are. */
  readonly mapping: Mapping | null;
  /** Certificates that servers are trusted by as well; null: none. */
  readonly ca: string | null;
  /** OpenPGP keys, one of which must have signed the checksums; null: HTTPS and the checksums are trusted. */
  readonly keyring: string | null;
  readonly environment: Environment;
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
  { onEvent, environment, ca }: Pick<Fetching, 'onEvent' | 'environment' | 'ca'>,
): Promise<Product[]> {
  onEvent({ kind: 'index', server: server.host, proxy: proxyFor(server, environment) });
  return blamed(readCatalogue(server, { ca }));
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
    hint: 'they are those of tlxc.image.server in tlxc.conf; another can be asked instead (--server)',
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
  const { store, onEvent, privileged, mapping, keyring, ca } = fetching;
  const source = sourceOf(product, server);
  const title = titleOf(source);
  await blamed(Promise.resolve().then(() => checkBuild(source, server, fetching)));
  const files = await blamed(resolveFiles(server, product, { keyring, ca }));
  const origin = { files, server, title, arch: product.arch };
  const { signedBy } = files;
  const id = files.rootfs.sha256;
  if (files.rootfs.path.endsWith('.squashfs') && !isKept(files, fetching))
    checkUnsquashfs(`${title} of ${server.host}`);
  const waiting = () => onEvent({ kind: 'waiting', image: title });
  const renewed = await store.update(
    id,
    async () => ({ source, metadata: await fetchMetadata(origin, fetching), signedBy }),
    waiting,
  );
  if (renewed) {
    onEvent({ kind: 'cached', image: title });
    return renewed;
  }
  const make = async (work: string) => {
    const metadata = await fetchMetadata(origin, fetching);
    if (isKept(files, fetching))
      return { source, metadata, signedBy, devices: await fetchKept(work, origin, fetching) };
    const { excludes } = metadata;
    const unpacking = { work, excludes, privileged, mapping };
    const { devices, digests } = await fetchUnpacked(unpacking, origin, fetching);
    return { source, metadata, signedBy, devices, digests };
  };
  return store.obtain(id, make, { onWait: waiting, onStage: asEvents(onEvent) });
}

/** The kernel reads what a pinned key has signed; what is only a server's word is unpacked in the jail, and packed anew. */
const isKept = ({ rootfs }: ImageFiles, { store, keyring }: Fetching): boolean =>
  store.packs === 'squashfs' && keyring !== null && rootfs.path.endsWith('.squashfs');

async function fetchKept(work: string, origin: Origin, fetching: Fetching): Promise<readonly string[]> {
  const archive = await fetchFile('rootfs', origin, fetching);
  await keepFile(archive, work, { type: 'squashfs', move: true });
  return devicesOfKept(work, 'squashfs', origin.title);
}

interface Origin {
  readonly files: ImageFiles;
  readonly server: URL;
  readonly title: string;
  readonly arch: string;
}

/**
 * The root filesystem is unpacked while it arrives, into a directory that nobody sees before the digest of all of it was
 * found right. Where a key is pinned, the server is not trusted with anything: then no program reads a byte of the archive
 * before that.
 */
async function fetchUnpacked(
  unpacking: Omit<Unpacking, 'archive'>,
  origin: Origin,
  fetching: Fetching,
): Promise<Unpacked> {
  const { store, onEvent, keyring } = fetching;
  const archive = store.downloadPath(origin.files.rootfs.sha256, 'rootfs');
  const arrival = new Arrival();
  const transfer = fetchFile('rootfs', origin, fetching, arrival).then(() =>
    onEvent({ kind: 'unpack', image: origin.title }),
  );
  if (keyring !== null) await transfer;
  const [arrived, early] = await Promise.allSettled([transfer, unpack({ ...unpacking, archive, arrival })]);
  // What was unpacked is thrown away: nobody reads it any more.
  if (early.status === 'fulfilled' && (arrived.status === 'rejected' || arrival.beganAnew))
    await early.value.digests;
  // A transfer that failed is why the rest did. One that did not goes on to its end whatever the archive turns out to hold:
  // a file that is not what the index says is the server's fault, and another server may do better.
  if (arrived.status === 'rejected') throw arrived.reason;
  const unpacked = arrival.beganAnew ? await unpackAgain({ ...unpacking, archive }) : valueOf(early);
  await rm(archive, { force: true });
  return unpacked;
}

async function unpackAgain(unpacking: Unpacking): Promise<Unpacked> {
  for (const name of readdirSync(unpacking.work)) await removeTree(join(unpacking.work, name));
  return unpack(unpacking);
}

function valueOf<T>(settled: PromiseSettledResult<T>): T {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
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
  { store, onEvent, ca }: Fetching,
  arrival?: Arrival,
): Promise<string> {
  const file = files[what] ?? files.rootfs;
  const destination = store.downloadPath(files.rootfs.sha256, what);
  const request: DownloadRequest = {
    ...{ file, destination },
    url: pathOnServer(server, file.path),
    limit: what === 'rootfs' ? MAX_ROOTFS : MAX_METADATA,
    onProgress: (received, total) => onEvent({ kind: 'download', what, received, total }),
    ...(arrival && { arrival }),
  };
  await blamed(download(request, { ca }));
  return destination;
}
