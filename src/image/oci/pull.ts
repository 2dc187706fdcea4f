/** An OCI image into the store: found, checked, its layers applied to one tree. */
import { createHash } from 'node:crypto';
import { constants, fstatSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Mapping } from '../../host/mapped.ts';
import { errnoName } from '../../errno.ts';
import { native } from '../../native/binding.ts';
import { defaultMetadata, type ImageMetadata } from '../metadata.ts';
import { debianArch } from '../product.ts';
import { asEvents, type OnImageEvent } from '../progress.ts';
import type { ImageStore, StoredImage } from '../store.ts';
import type { ImageContent, ImageSource } from '../stored-image.ts';
import { LayerStack, type Layer } from './apply-layer.ts';
import { bootsSystem, configLines } from './config-lines.ts';
import { parseDocument, refuse, type Document, type Platform } from './documents.ts';
import { parseImageConfig, type ImageConfig } from './image-config.ts';
import { resolveUser } from './image-user.ts';
import type { ImageOrigin, RawDocument } from './origin.ts';
import { choosePlatform, platformText, refuseOther } from './platform.ts';
import { canShare, sharedLayers, storeLayers } from './shared-layers.ts';

export interface Pulling {
  readonly origin: ImageOrigin;
  readonly platform: Platform;
  readonly store: ImageStore;
  readonly mapping: Mapping | null;
  readonly privileged: boolean;
  /** The stored image is not used, and made anew where nobody needs it. */
  readonly anew: boolean;
  readonly onEvent: OnImageEvent;
}

type Manifest = Extract<Document, { kind: 'manifest' }>;

/** The image as it is found by its manifest: the same tree for all tags that name it. */
interface Located {
  readonly manifest: Manifest;
  /** SHA-256 of the manifest, 64 hex digits. */
  readonly id: string;
}

/** An index may name another one. */
const MAX_INDEXES = 3;
const MAX_ACCOUNTS = 1024 * 1024;

export type OciSource = Extract<ImageSource, { kind: 'oci' }>;

async function locate({ origin, platform }: Pulling): Promise<Located> {
  let raw: RawDocument = await origin.top();
  for (let depth = 0; depth <= MAX_INDEXES; depth++) {
    const document = parseDocument(raw.bytes, raw.mediaType, origin.title);
    if (document.kind === 'manifest')
      return { manifest: document, id: createHash('sha256').update(raw.bytes).digest('hex') };
    raw = await origin.document(choosePlatform(document.entries, platform, origin.title));
  }
  throw refuse(origin.title, `its index leads to others, more than ${MAX_INDEXES} deep`);
}

/** From the store where it is there. Throws TLXC_E_IMAGE, TLXC_E_STORAGE. */
export async function pullImage(pulling: Pulling): Promise<StoredImage> {
  const { origin, store, anew, onEvent } = pulling;
  onEvent({ kind: 'resolve', image: origin.title });
  const located = await locate(pulling);
  const { id } = located;
  const waiting = () => onEvent({ kind: 'waiting', image: origin.title });
  if (anew && !(await store.removeUnused(id))) onEvent({ kind: 'kept', image: origin.title });
  // The tag that it is known by now is what a person will ask for.
  const known = await store.update(
    id,
    () => Promise.resolve({ source: sourceOf(pulling, store.get(id)?.info.source) }),
    waiting,
  );
  const telling = { onWait: waiting, onStage: asEvents(onEvent) };
  if (known === null) return store.obtain(id, (work) => make(work, located, pulling), telling);
  onEvent({ kind: 'cached', image: origin.title });
  return known;
}

function sourceOf({ origin, platform }: Pulling, before?: ImageSource): OciSource {
  const kept = before?.kind === 'oci' ? before.platform : platformText(platform);
  return { kind: 'oci', reference: origin.title, platform: kept };
}

async function make(work: string, located: Located, pulling: Pulling): Promise<ImageContent> {
  const { origin, platform, store, mapping, privileged } = pulling;
  const { manifest } = located;
  const { bytes } = await origin.document(manifest.config);
  const config = parseImageConfig(bytes, manifest.layers.length, `the configuration of ${origin.title}`);
  refuseOther(config.architecture, platform, origin.title);
  if (canShare(store, work, config.diffIds)) return makeShared(config, located, pulling);
  const stack = await LayerStack.begin({ work, mapping, privileged, title: origin.title });
  await applyAll(stack, config, located, pulling);
  await stack.end();
  const metadata = metadataOf(config, [stack.places.rootfs], origin.title);
  return { source: sourceOf(pulling), metadata, devices: stack.devices };
}

/** From layers that other images may have brought, and those that this one brings. */
async function makeShared(config: ImageConfig, located: Located, pulling: Pulling): Promise<ImageContent> {
  const { origin, store, privileged, onEvent } = pulling;
  const { id, manifest } = located;
  const missing = new Set(
    sharedLayers(config.diffIds).flatMap((layer, index) => (store.get(layer.id) ? [] : [index])),
  );
  const fetched = new Map<number, Promise<string>>();
  const begin = (index: number): Promise<string> => {
    const known = fetched.get(index);
    if (known) return known;
    const file = fetchLayer(index, located, pulling);
    // It may fail while the one before it is applied: it is asked when its turn has come.
    file.catch(() => undefined);
    fetched.set(index, file);
    return file;
  };
  const fetch = async (index: number): Promise<Layer> => {
    const file = await begin(index);
    if (missing.has(index + 1)) void begin(index + 1);
    if (index === 0 || !fetched.has(index - 1)) onEvent({ kind: 'unpack', image: origin.title });
    const descriptor = manifest.layers[index];
    if (!descriptor) throw refuse(origin.title, 'it has fewer layers than its configuration says');
    return { descriptor, diffId: config.diffIds[index] ?? '', file };
  };
  const layers = { privileged, title: origin.title };
  const onWait = () => onEvent({ kind: 'waiting', image: origin.title });
  try {
    const made = await storeLayers(config.diffIds, { store, image: id, layers, fetch, onWait });
    return {
      source: sourceOf(pulling),
      metadata: metadataOf(config, made.layers.paths, origin.title),
      ...made,
    };
  } finally {
    // Nothing writes there any more once this has ended, whichever way.
    for (const [index, file] of fetched)
      await file.then(
        (path) => rm(path, { force: true }),
        () => index,
      );
  }
}

/** While one layer is applied, the next one is fetched. */
async function applyAll(
  stack: LayerStack,
  { diffIds }: ImageConfig,
  located: Located,
  pulling: Pulling,
): Promise<void> {
  const { layers } = located.manifest;
  const { origin, onEvent } = pulling;
  const begin = (index: number): Promise<string> => {
    const fetched = index < layers.length ? fetchLayer(index, located, pulling) : Promise.resolve('');
    // It may fail while the one before it is applied: it is asked when its turn has come.
    fetched.catch(() => undefined);
    return fetched;
  };
  let next = begin(0);
  try {
    for (const [index, descriptor] of layers.entries()) {
      const file = await next;
      next = begin(index + 1);
      if (index === 0) onEvent({ kind: 'unpack', image: origin.title });
      await stack.apply({ descriptor, diffId: diffIds[index] ?? '', file });
      await rm(file, { force: true });
    }
  } finally {
    // Nothing writes there any more once this has ended, whichever way.
    await next.catch(() => undefined);
  }
}

async function fetchLayer(
  index: number,
  { manifest: { layers }, id }: Located,
  { origin, store, onEvent }: Pulling,
): Promise<string> {
  const descriptor = layers[index];
  if (!descriptor) throw refuse(origin.title, 'it has fewer layers than its configuration says');
  const destination = store.downloadPath(id, `layer-${index}`);
  const what = `layer ${index + 1} of ${layers.length}`;
  const onProgress = (received: number, total: number | null): void =>
    onEvent({ kind: 'download', what, received, total });
  await origin.layer({ descriptor, destination, onProgress });
  return destination;
}

/**
 * A small file, in the topmost layer that has anything of its name; links lead nowhere but in their layer. "" where there is
 * none.
 */
function readInside(layers: readonly string[], path: string): string {
  const { O_RDONLY, O_NONBLOCK } = constants;
  for (const root of layers) {
    const fd = native().openInRoot({ root, path, flags: O_RDONLY | O_NONBLOCK, mode: 0 });
    if (typeof fd !== 'number') {
      if (errnoName(fd.errno) === 'ENOENT') continue;
      return '';
    }
    try {
      const stats = fstatSync(fd);
      return stats.isFile() && stats.size <= MAX_ACCOUNTS ? readFileSync(fd, 'utf8') : '';
    } finally {
      native().closeFd(fd);
    }
  }
  return '';
}

function metadataOf(config: ImageConfig, layers: readonly string[], title: string): ImageMetadata {
  const accounts = { passwd: readInside(layers, 'etc/passwd'), group: readInside(layers, 'etc/group') };
  const user = resolveUser(config.user, accounts, title);
  const { lines, remarks } = configLines(config, user);
  const shipped = defaultMetadata(debianArch(config.architecture === '386' ? 'i386' : config.architecture));
  return {
    ...shipped,
    systemConfig: [...shipped.systemConfig, ...lines],
    userConfig: [...shipped.userConfig, ...lines],
    message: remarks.join('\n'),
    application: !bootsSystem(config),
  };
}
