/** The image store as seen from the containers: which image whom needs, and what may go. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { loadContainerConfig } from '../../config/load.ts';
import type { SystemConfig } from '../../config/model.ts';
import { readConfigFile } from '../../config/read-file.ts';
import type { Environment } from '../../environment.ts';
import { errnoWords } from '../../errno.ts';
import { TlxcError, usageError } from '../../errors.ts';
import { probeHost } from '../../host/probe.ts';
import { obstacleToPacking } from '../../host/packers.ts';
import {
  isReadOnly,
  READ_ONLY_FILESYSTEMS,
  type ReadOnlyFilesystem,
} from '../../host/read-only-filesystems.ts';
import { damageOf, type Damage } from '../../image/manifest.ts';
import { isContainer } from '../../image/image-users.ts';
import { layerIdOf } from '../../image/layered-image.ts';
import { ImageStore, lxcpathOf, type StoredImage } from '../../image/store.ts';
import { isAsRecorded, packedFile } from '../../image/packed-image.ts';
import { hasExpired } from '../../image/stored-image.ts';
import { imageDirectory, mappingOf } from '../create/user-mapping.ts';

/** Whose store, and where containers are looked for. */
export interface ImagePlace {
  readonly system: SystemConfig;
  readonly lxcpath: string;
  readonly environment: Environment;
  /** How what is made there is kept, as ImageStore has it. */
  readonly packs?: ReadOnlyFilesystem | null;
}

/** A stored image, and who needs it. */
export interface ImageStatus {
  readonly image: StoredImage;
  /** The directories of containers, and of snapshots of containers, that lie over its tree. */
  readonly users: readonly string[];
  readonly expired: boolean;
}

/** The type of packed images. Throws TLXC_E_USAGE where there is none of that name, TLXC_E_UNSUPPORTED where this machine cannot. */
export function packingAs(type: string): ReadOnlyFilesystem {
  if (!isReadOnly(type))
    throw usageError(`images are not packed as ${type}`, `there are ${READ_ONLY_FILESYSTEMS.join(' and ')}`);
  const missing = obstacleToPacking(type);
  if (missing === null) return type;
  const message = `no image can be kept as ${type}: ${missing}`;
  throw new TlxcError({ code: 'TLXC_E_UNSUPPORTED', message, hint: 'keep it as a tree' });
}

/** The store that containers are made from with the default configuration. Throws TLXC_E_PERMISSION where a user can have none. */
export function openStore({ system, lxcpath, environment, packs = null }: ImagePlace): ImageStore {
  const host = probeHost();
  if (host.user === null) return new ImageStore(system.cacheDir, null, packs);
  const configFile = system.defaultConfig;
  const mapping = mappingOf(loadContainerConfig({ name: 'any', lxcpath, configFile, environment }), host);
  return new ImageStore(imageDirectory(system, mapping), mapping, packs);
}

/** Directories with a configuration: containers and their snapshots. */
function containersIn(lxcpath: string): string[] {
  const entries = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);
  return entries(lxcpath)
    .map((name) => join(lxcpath, name))
    .flatMap((dir) => [dir, ...entries(join(dir, 'snaps')).map((name) => join(dir, 'snaps', name))])
    .filter((dir) => existsSync(join(dir, 'config')));
}

/** Image id to who needs it, noted or not: configurations that somebody wrote or copied by hand count as well. */
function usersByImage(store: ImageStore, { system, lxcpath }: ImagePlace): ReadonlyMap<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (id: string, dir: string) => found.set(id, (found.get(id) ?? new Set()).add(dir));
  const imagesOn = new Map<string, string[]>();
  for (const { info } of store.list()) {
    const top = info.layers?.paths.slice(0, 1).map(layerIdOf).join('');
    if (top) imagesOn.set(top, [...(imagesOn.get(top) ?? []), info.id]);
  }
  for (const { info } of [...store.list(), ...store.layers()])
    for (const user of store.users(info.id)) if (isContainer(user)) add(info.id, dirname(user.config));
  const noted = store.everyUser().map(({ config }) => lxcpathOf(dirname(config)));
  for (const place of new Set([system.lxcpath, lxcpath, ...noted])) {
    for (const dir of containersIn(place)) {
      const { text } = readConfigFile(join(dir, 'config'));
      const ids = [...text.matchAll(/\/images\/([0-9a-f]{64})\//g)].map(([, id = '']) => id);
      // Who lies over an image's topmost layer lies over the image.
      for (const id of [...ids, ...(imagesOn.get(ids[0] ?? '') ?? [])]) add(id, dir);
    }
  }
  return found;
}

/** Every stored image, by its name's order in the store, with who needs it. */
export function imageStatuses(store: ImageStore, place: ImagePlace): ImageStatus[] {
  const users = usersByImage(store, place);
  return store.list().map((image) => ({
    image,
    users: [...(users.get(image.info.id) ?? [])].sort(),
    expired: hasExpired(image.info.metadata),
  }));
}

/** How a person knows a container: by its name where it is in the store that is looked at, else by its directory. */
export const shownContainer = (dir: string, lxcpath: string): string =>
  dir.startsWith(`${lxcpath}/`) ? relative(lxcpath, dir) : dir;

/** What a prune removed, and what it left in place for the sake of stores that are not there. */
export interface Pruned {
  readonly removed: readonly StoredImage[];
  /** Layers that went with the last image that had them. */
  readonly layers: readonly StoredImage[];
  /** Those that stay only for containers whose stores are not there now, with these stores. */
  readonly awaited: readonly { readonly image: StoredImage; readonly lxcpaths: readonly string[] }[];
}

/** Removes images that no container needs: expired ones, or all, and then what broken downloads left to be resumed, too. */
export async function pruneImages(
  store: ImageStore,
  place: ImagePlace,
  { all }: { readonly all: boolean },
): Promise<Pruned> {
  await store.sweep(undefined, { downloads: all });
  const removed: StoredImage[] = [];
  const awaited: Pruned['awaited'][number][] = [];
  for (const { image, users, expired } of imageStatuses(store, place)) {
    if (!(all || expired)) continue;
    const lxcpaths = [...new Set(users.map(lxcpathOf))];
    if (users.length > 0) {
      if (!lxcpaths.some((lxcpath) => existsSync(lxcpath))) awaited.push({ image, lxcpaths });
      continue;
    }
    // Asked again under the image's lock: a container may be made from it just now.
    if (await store.removeUnused(image.info.id)) removed.push(image);
  }
  return { removed, awaited, layers: await pruneLayers(store, place) };
}

/** Layers that neither an image nor a container needs any more. */
async function pruneLayers(store: ImageStore, place: ImagePlace): Promise<readonly StoredImage[]> {
  const users = usersByImage(store, place);
  const removed: StoredImage[] = [];
  for (const layer of store.layers()) {
    if ((users.get(layer.info.id)?.size ?? 0) > 0) continue;
    // Images, and containers that are being made, are asked for under the layer's lock.
    if (await store.removeUnused(layer.info.id)) removed.push(layer);
  }
  return removed;
}

/** What a verification found. */
export type Verdict =
  /** null: it is one file. */
  | { readonly kind: 'sound'; readonly members: number | null }
  | { readonly kind: 'damaged'; readonly damage: readonly Damage[] }
  /** Nothing was recorded of its tree, or the record is damaged itself. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Reads all of it and compares it with what was recorded when the image was made. */
export async function verifyImage(store: ImageStore, { info }: StoredImage): Promise<Verdict> {
  const { packed } = info;
  if (packed) {
    const { directory } = store.tree(info.id);
    if (await isAsRecorded(directory, packed)) return { kind: 'sound', members: null };
    return {
      kind: 'damaged',
      damage: [{ path: basename(packedFile(directory, packed.type)), what: 'content' }],
    };
  }
  if (info.layers) return verifyLayers(store, info.layers.paths.map(layerIdOf));
  if (!info.tree) return { kind: 'unknown', why: 'an earlier version stored it, and recorded nothing' };
  const tree = store.tree(info.id);
  if (!existsSync(join(tree.directory, 'rootfs')))
    return { kind: 'damaged', damage: [{ path: '/', what: 'missing' }] };
  const damage = await damageOf(tree, info.tree);
  if (damage === null) return { kind: 'unknown', why: `${join(tree.directory, 'manifest')} is damaged` };
  return damage.length === 0 ? { kind: 'sound', members: info.tree.members } : { kind: 'damaged', damage };
}

/** Of all layers: what is damaged in any of them. */
async function verifyLayers(store: ImageStore, ids: readonly string[]): Promise<Verdict> {
  const damage: Damage[] = [];
  let members = 0;
  for (const id of ids) {
    const layer = store.get(id);
    const verdict: Verdict = layer
      ? await verifyImage(store, layer)
      : { kind: 'damaged', damage: [{ path: `layer ${id.slice(0, 12)}`, what: 'missing' }] };
    if (verdict.kind === 'unknown') return verdict;
    if (verdict.kind === 'sound') members += verdict.members ?? 0;
    else damage.push(...verdict.damage);
  }
  return damage.length === 0 ? { kind: 'sound', members } : { kind: 'damaged', damage };
}

/** The system's own errors (a full disk, most of all) in words; ours as they are. */
export async function inWords<T>(what: string, work: Promise<T>, place?: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof TlxcError || !(error instanceof Error)) throw error;
    const { code, syscall, path = place } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new TlxcError({
      code: 'TLXC_E_STORAGE',
      message: `${what}: ${errnoWords(code)}`,
      errno: code,
      syscall,
      ...(path !== undefined && { path }),
      cause: error,
    });
  }
}
