/**
 * The layers of an image, each stored once for all images that begin with the same ones: applied to an overlay of those below,
 * whose upper directory is what is kept. Only root can: who else mounts an overlay cannot write what the kernel keeps in one.
 */
import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { TlxcError } from '../../errors.ts';
import { liesOnOverlay } from '../../host/mounts.ts';
import { probeHost } from '../../host/probe.ts';
import { programError, startProgram } from '../../host/program.ts';
import { overlayNotes } from '../../host/user-namespace.ts';
import { canStack, stacking, type LayerRecord } from '../layered-image.ts';
import { defaultMetadata } from '../metadata.ts';
import { debianArch } from '../product.ts';
import type { ImageStore, StoredImage } from '../store.ts';
import type { ImageContent, ImageSource } from '../stored-image.ts';
import { LayerStack, type Layer, type Layers } from './apply-layer.ts';
import type { LayerMember } from './layer-tree.ts';

export interface SharedLayer {
  readonly chainId: string;
  /** In the store. */
  readonly id: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What the store calls the layers, lowest first: each by what it is and all that lie below it. */
export function sharedLayers(diffIds: readonly string[]): SharedLayer[] {
  let chainId = '';
  return diffIds.map((diffId) => {
    chainId = chainId === '' ? diffId : `sha256:${sha256(`${chainId} ${diffId}`)}`;
    return { chainId, id: sha256(`layer ${chainId}`) };
  });
}

/** Whether the store can keep an image's layers apart; else it keeps one tree of all of them. */
export function canShare(store: ImageStore, work: string, diffIds: readonly string[]): boolean {
  const host = probeHost();
  if (store.mapping !== null || overlayNotes(host).length > 0 || !host.overlay || diffIds.length === 0)
    return false;
  const paths = sharedLayers(diffIds).map(({ id }) => join(store.tree(id).directory, 'rootfs'));
  return canStack(paths) && !liesOnOverlay(work);
}

export interface LayerMaking {
  readonly store: ImageStore;
  /** The image that is made. */
  readonly image: string;
  readonly layers: Pick<Layers, 'privileged' | 'title'>;
  /** Has the layer of this number at hand; called for those alone that the store has not. */
  readonly fetch: (index: number) => Promise<Layer>;
  readonly onWait: () => void;
}

/** What the store has of them is taken, the rest is made. Throws TLXC_E_IMAGE, TLXC_E_STORAGE. */
export async function storeLayers(
  diffIds: readonly string[],
  making: LayerMaking,
): Promise<{ readonly layers: LayerRecord; readonly devices: readonly string[] }> {
  const store = making.store.unpacked;
  const found: StoredImage[] = [];
  for (const [index, layer] of sharedLayers(diffIds).entries()) {
    const lowers = found.map(({ rootfs }) => rootfs).reverse();
    const make = async (work: string): Promise<ImageContent> =>
      makeLayer(work, layer, { lowers, index, making });
    found.push(await obtained(store, layer.id, { make, making }));
  }
  const sum = (value: (image: StoredImage) => number): number =>
    found.reduce((all, each) => all + value(each), 0);
  return {
    layers: {
      paths: found.map(({ rootfs }) => rootfs).reverse(),
      bytes: sum(({ info }) => info.tree?.bytes ?? 0),
      members: sum(({ info }) => info.tree?.members ?? 0),
    },
    devices: found.flatMap(({ info }) => info.devices),
  };
}

/** The layer, with the image noted as its user: one that is removed between the two is made anew. */
async function obtained(
  store: ImageStore,
  id: string,
  { make, making }: { make: (work: string) => Promise<ImageContent>; making: LayerMaking },
): Promise<StoredImage> {
  for (let tries = 0; tries < 3; tries++) {
    const layer = await store.obtain(id, make, { onWait: making.onWait });
    if (store.reference(id, store.asUser(making.image))) return layer;
  }
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `a layer of ${making.layers.title} was removed meanwhile`,
    hint: 'try again',
  });
}

interface Position {
  /** Topmost first. */
  readonly lowers: readonly string[];
  readonly index: number;
  readonly making: LayerMaking;
}

async function makeLayer(
  work: string,
  { chainId }: SharedLayer,
  { lowers, index, making }: Position,
): Promise<ImageContent> {
  const layer = await making.fetch(index);
  const layers: Layers = { ...making.layers, work, mapping: null };
  const source: ImageSource = { kind: 'layer', chainId };
  const stack = lowers.length === 0 ? await LayerStack.begin(layers) : await stackOver(lowers, layers);
  await stack.apply(layer);
  if (lowers.length === 0) await stack.end();
  for (const place of ['jail', 'mnt', 'upper-work'])
    await rm(join(work, place), { recursive: true, force: true });
  return { source, metadata: defaultMetadata(debianArch(process.arch)), devices: stack.devices };
}

async function stackOver(lowers: readonly string[], layers: Layers): Promise<LayerStack> {
  const { work } = layers;
  const [upper, target, beside] = [join(work, 'rootfs'), join(work, 'mnt'), join(work, 'upper-work')];
  for (const place of [upper, target, beside, join(work, 'jail')]) await mkdir(place, { mode: 0o700 });
  // The root of the merged tree takes owner and mode from the upper directory.
  const { uid, gid, mode } = await stat(lowers[0] ?? '');
  await chown(upper, uid, gid);
  await chmod(upper, mode & 0o7777);
  const below = await membersOf(lowers, target);
  const within = stacking({ lowers, upper, work: beside, target });
  return LayerStack.over(layers, { rootfs: target, jail: join(work, 'jail'), within }, below);
}

const KINDS: Readonly<Record<string, LayerMember['kind']>> = { d: 'directory', l: 'symlink' };

/** What is in the layers together, as a layer of its own would have it. */
async function membersOf(lowers: readonly string[], target: string): Promise<LayerMember[]> {
  const find = ['find', '.', '-xdev', '-printf', String.raw`%y%p\0%l\0`];
  const program = startProgram([...stacking({ lowers, target }), 'env', `--chdir=${target}`, ...find], {
    stdout: 'pipe',
  });
  const chunks: Buffer[] = [];
  program.child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = await program.ended;
  if (ended.status !== 0)
    throw programError(ended, { code: 'TLXC_E_STORAGE', what: 'the layers below could not be read' });
  const words = Buffer.concat(chunks).toString('utf8').split('\0');
  const members: LayerMember[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [type = '', path] = [(words[at] ?? '')[0], (words[at] ?? '').slice(1)];
    members.push({ path, kind: KINDS[type] ?? 'other', target: words[at + 1] ?? '' });
  }
  return members;
}
