/** The download template: an image of an image server, by LXC's own options. */
import { TlxcError } from '../../errors.ts';
import { catalogueOf, fetchImage, firstServer, titleOf } from '../fetch-image.ts';
import { hostDistribution } from '../host-distribution.ts';
import { chooseProduct, matches, type Product, type Wanted } from '../product.ts';
import { serverUrl } from '../server.ts';
import type { StoredImage } from '../store.ts';
import { hasExpired, imageName, isSigned } from '../stored-image.ts';
import { completeWanted } from './download-choice.ts';
import { parseDownloadArgs, usage, type DownloadOptions } from './download-options.ts';
import { listProducts } from './download-list.ts';
import type { Template, TemplateRequest, TemplateResult } from './template.ts';

export const downloadTemplate: Template = { name: 'download', usage, prepare };

async function prepare(given: TemplateRequest): Promise<TemplateResult> {
  const options = parseDownloadArgs(given.args);
  if (options.help) return { kind: 'text', text: usage };
  const request = { ...given, offline: given.offline || options.offline };
  const servers = (options.server ? [options.server] : request.servers).map(serverUrl);
  if (options.list) return { kind: 'text', text: listProducts(await offered(servers, request), options) };
  if (namesAnImage(options) || !request.ask || request.offline) {
    const wanted = completeWanted(options, hostDistribution());
    return named(wanted, servers, options, request);
  }
  return asResult(
    await fetchImage(servers, (products, server) => askForProduct(products, request, server), request),
  );
}

const namesAnImage = ({ dist, release }: DownloadOptions) => dist !== '' || release !== '';

function offered(servers: readonly URL[], request: TemplateRequest): Promise<Product[]> {
  if (!request.offline)
    return firstServer(servers, request.onEvent, (server) => catalogueOf(server, request));
  const stored = request.store
    .list()
    .flatMap(({ info: { source } }) => (source.kind === 'download' ? [source] : []));
  return Promise.resolve(stored.map((source) => ({ ...source, directory: '', rootfs: null })));
}

async function named(
  wanted: Wanted,
  servers: readonly URL[],
  options: DownloadOptions,
  request: TemplateRequest,
): Promise<TemplateResult> {
  const { offline, onEvent } = request;
  const matching = options.flushCache && !offline ? [] : storedMatches(request, servers, wanted);
  // What came before a key was pinned is asked for again: where a key has signed it, it is there without a transfer.
  const stored = matching.find(({ info }) => request.keyring === null || isSigned(info));
  if (options.flushCache && !offline) await flush(request, servers, wanted);
  if (stored && (offline || options.forceCache || !hasExpired(stored.info.metadata))) {
    const result = asResult(stored);
    onEvent({ kind: 'cached', image: result.title });
    return result;
  }
  if (offline && matching[0]) throw notSigned(matching[0], request);
  if (offline) throw notStored(wanted, request);
  return asResult(
    await fetchImage(servers, (products, server) => chooseProduct(products, wanted, server.host), request),
  );
}

function notSigned(image: StoredImage, { keyring }: TemplateRequest): TlxcError {
  return new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `offline, and no pinned key is known to have signed the stored ${asResult(image).title}: refused`,
    hint: `it came before tlxc.image.keyring, ${keyring ?? ''}, was set: once the server can be asked (tlxc.image.offline = 0, no --offline), the same command looks at its signature`,
  });
}

function notStored({ dist, release, arch, variant }: Wanted, { store }: TemplateRequest): TlxcError {
  const names = store
    .list()
    .flatMap(({ info }) => (info.source.kind === 'download' ? [imageName(info)] : []));
  return new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `offline, and the store has no image ${[dist, release, arch, variant].join('/')}`,
    hint: `it has: ${[...new Set(names)].sort().join(', ') || 'nothing'}; tlxc.image.offline = 0 in tlxc.conf lets it be fetched`,
  });
}

/** Distribution, then release, of what the server has for this machine. */
async function askForProduct(
  products: readonly Product[],
  request: TemplateRequest,
  server: URL,
): Promise<Product> {
  const host = hostDistribution();
  const here = products.filter(({ arch, variant }) => arch === host.arch && variant === host.variant);
  const pick = async (message: string, values: readonly string[], preferred: string) =>
    request.ask ? request.ask({ message, choices: [...new Set(values)].sort(), preferred }) : preferred;
  const dist = await pick(
    'Distribution',
    here.map((product) => product.dist),
    host.dist,
  );
  const ofDist = here.filter((product) => product.dist === dist);
  const release = await pick(
    'Release',
    ofDist.map((product) => product.release),
    host.release,
  );
  return chooseProduct(ofDist, { ...host, dist, release }, server.host);
}

type Stored = Extract<TemplateResult, { kind: 'image' }>;

const asResult = (image: StoredImage): Stored => {
  const { metadata, source } = image.info;
  return {
    kind: 'image',
    image,
    metadata,
    title: source.kind === 'download' ? titleOf(source) : image.info.id,
  };
};

/** All stored images of that name, newest build first; of those servers, but offline of any. */
function storedMatches(request: TemplateRequest, servers: readonly URL[], wanted: Wanted): StoredImage[] {
  const found = request.store.list().flatMap((image) => {
    const { source } = image.info;
    if (source.kind !== 'download') return [];
    const ours = request.offline || servers.some(({ href }) => href === source.server);
    return ours && matches({ ...source, directory: '', rootfs: null }, wanted)
      ? [{ image, build: source.build }]
      : [];
  });
  return found.sort((a, b) => b.build.localeCompare(a.build)).map(({ image }) => image);
}

async function flush(request: TemplateRequest, servers: readonly URL[], wanted: Wanted): Promise<void> {
  for (const image of storedMatches(request, servers, wanted)) {
    const removed = await request.store.removeUnused(image.info.id);
    if (!removed) request.onEvent({ kind: 'kept', image: asResult(image).title });
  }
}
