/** The download template: an image of an image server, by LXC's own options. */
import { readCatalogue, resolveFiles, type ImageFiles } from '../catalogue.ts';
import { download } from '../download.ts';
import { hostDistribution } from '../host-distribution.ts';
import { defaultMetadata, parseMetadata, type ImageMetadata } from '../metadata.ts';
import { readMetadataArchive } from '../metadata-archive.ts';
import { chooseProduct, debianArch, matches, type Product, type RemoteFile, type Wanted } from '../product.ts';
import { pathOnServer, proxyFor, serverUrl } from '../server.ts';
import type { ImageSource, StoredImage } from '../store.ts';
import { unpack } from '../unpack.ts';
import { rm } from 'node:fs/promises';
import { completeWanted } from './download-choice.ts';
import { parseDownloadArgs, usage, type DownloadOptions } from './download-options.ts';
import { listProducts } from './download-list.ts';
import type { Template, TemplateRequest, TemplateResult } from './template.ts';

const MAX_ROOTFS = 16 * 2 ** 30;
const MAX_METADATA = 2 ** 20;

type DownloadSource = Extract<ImageSource, { kind: 'download' }>;

export const downloadTemplate: Template = { name: 'download', usage, prepare };

async function prepare(request: TemplateRequest): Promise<TemplateResult> {
  const options = parseDownloadArgs(request.args);
  if (options.help) return { kind: 'text', text: usage };
  const server = serverUrl(options.server || request.defaultServer);
  if (options.list) return { kind: 'text', text: listProducts(await catalogue(server, request), options) };
  if (namesAnImage(options) || !request.ask) {
    const wanted = completeWanted(options, hostDistribution());
    const stored = options.flushCache ? null : findStored(request, server, wanted);
    if (options.flushCache) await flush(request, server, wanted);
    if (stored && (options.forceCache || isFresh(stored.image.info.metadata))) {
      request.onEvent({ kind: 'cached', image: stored.title });
      return stored;
    }
    return fetchImage(chooseProduct(await catalogue(server, request), wanted, server.host), server, request);
  }
  const products = await catalogue(server, request);
  return fetchImage(await askForProduct(products, request, server), server, request);
}

const namesAnImage = ({ dist, release }: DownloadOptions) => dist !== '' || release !== '';
const isFresh = ({ expiry }: ImageMetadata) => expiry === 0 || expiry * 1000 > Date.now();

function catalogue(server: URL, request: TemplateRequest): Promise<Product[]> {
  request.onEvent({ kind: 'index', server: server.host, proxy: proxyFor(server, request.environment) });
  return readCatalogue(server, {});
}

/** Distribution, then release, of what the server has for this machine. */
async function askForProduct(products: readonly Product[], request: TemplateRequest, server: URL): Promise<Product> {
  const host = hostDistribution();
  const here = products.filter(({ arch, variant }) => arch === host.arch && variant === host.variant);
  const pick = async (message: string, values: readonly string[], preferred: string) =>
    request.ask ? request.ask({ message, choices: [...new Set(values)].sort(), preferred }) : preferred;
  const dist = await pick('Distribution', here.map((product) => product.dist), host.dist);
  const ofDist = here.filter((product) => product.dist === dist);
  const release = await pick('Release', ofDist.map((product) => product.release), host.release);
  return chooseProduct(ofDist, { ...host, dist, release }, server.host);
}

const sourceOf = (product: Product, server: URL): DownloadSource => {
  const { dist, release, releaseAliases, arch, variant, build } = product;
  return { kind: 'download', server: server.href, dist, release, releaseAliases, arch, variant, build };
};

const titleOf = ({ dist, release, arch, variant, build }: DownloadSource) =>
  `${dist}/${release}/${arch}/${variant} ${build}`;

type Stored = Extract<TemplateResult, { kind: 'image' }>;

const asResult = (image: StoredImage): Stored => {
  const { metadata, source } = image.info;
  return { kind: 'image', image, metadata, title: source.kind === 'download' ? titleOf(source) : image.info.id };
};

/** All stored images of that server and name, newest build first. */
function storedMatches(request: TemplateRequest, server: URL, wanted: Wanted): StoredImage[] {
  const found = request.store.list().flatMap((image) => {
    const { source } = image.info;
    const fits = source.kind === 'download' && source.server === server.href;
    return fits && matches({ ...source, directory: '', rootfs: null }, wanted) ? [{ image, build: source.build }] : [];
  });
  return found.sort((a, b) => (a.build < b.build ? 1 : -1)).map(({ image }) => image);
}

function findStored(request: TemplateRequest, server: URL, wanted: Wanted): Stored | null {
  const [newest] = storedMatches(request, server, wanted);
  return newest ? asResult(newest) : null;
}

async function flush(request: TemplateRequest, server: URL, wanted: Wanted): Promise<void> {
  for (const image of storedMatches(request, server, wanted)) {
    const removed = await request.store.removeUnused(image.info.id);
    if (!removed) request.onEvent({ kind: 'kept', image: asResult(image).title });
  }
}

async function fetchImage(product: Product, server: URL, request: TemplateRequest): Promise<TemplateResult> {
  const { store, onEvent } = request;
  const source = sourceOf(product, server);
  const title = titleOf(source);
  const files = await resolveFiles(server, product, {});
  const id = files.rootfs.sha256;
  const known = store.get(id);
  if (known) {
    const metadata = await fetchMetadata({ files, server, title, arch: product.arch }, request);
    onEvent({ kind: 'cached', image: title });
    return asResult(store.update(id, { source, metadata }) ?? known);
  }
  const waiting = () => onEvent({ kind: 'waiting', image: title });
  const image = await store.obtain(
    id,
    async (work) => {
      const metadata = await fetchMetadata({ files, server, title, arch: product.arch }, request);
      const archive = await fetchFile('rootfs', files.rootfs, server, request);
      onEvent({ kind: 'unpack', image: title });
      const { privileged, mapping } = request;
      const { devices } = await unpack({ archive, work, excludes: metadata.excludes, privileged, mapping });
      await rm(archive, { force: true });
      return { source, metadata, devices };
    },
    waiting,
  );
  return asResult(image);
}

interface MetadataOrigin {
  readonly files: ImageFiles;
  readonly server: URL;
  readonly title: string;
  readonly arch: string;
}

async function fetchMetadata(origin: MetadataOrigin, request: TemplateRequest): Promise<ImageMetadata> {
  const { files, server, title, arch } = origin;
  if (files.metadata === null) return defaultMetadata(debianArch(arch));
  const archive = await fetchFile('metadata', files.metadata, server, request);
  try {
    return parseMetadata(await readMetadataArchive(archive), `image ${title}`);
  } finally {
    await rm(archive, { force: true });
  }
}

async function fetchFile(
  what: 'rootfs' | 'metadata',
  file: RemoteFile,
  server: URL,
  { store, onEvent }: TemplateRequest,
): Promise<string> {
  const destination = store.downloadPath(file.sha256);
  await download({
    ...{ file, destination },
    url: pathOnServer(server, file.path),
    limit: what === 'rootfs' ? MAX_ROOTFS : MAX_METADATA,
    onProgress: (received, total) => onEvent({ kind: 'download', what, received, total }),
  });
  return destination;
}
