/**
 * Images that are unpacked and ready, shared by all containers: CACHEDIR/images/ID/{rootfs/,image.json,manifest,users/},
 * where ID is the SHA-256 of what the image was made from. One that is packed has rootfs.squashfs or rootfs.erofs instead of
 * the tree. An image appears by one rename, whole and synced, and what it holds is never changed. The directories are root's alone (0700): nobody on the host can run a set-id program of an image.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically, writeStagedFile, type WriteOptions } from '../config/atomic-write.ts';
import { TlxcError } from '../errors.ts';
import { unmeasured, whileSweeping, type OnStage } from '../gauge.ts';
import type { Mapping } from '../host/mapped.ts';
import type { ReadOnlyFilesystem } from '../host/read-only-filesystems.ts';
import {
  makePlaceForTrees,
  makeTreeDirectory,
  removeTree,
  sweepUnborn,
  syncFilesystem,
  writingBehind,
} from '../host/trees.ts';
import { removeFile } from '../remove-file.ts';
import type { Digests } from './file-digests.ts';
import { ImageLocks, LOCK } from './image-locks.ts';
import { livingUsers, notedUsers, noteUser, type ImageUser } from './image-users.ts';
import { recordTree, type Tree } from './manifest.ts';
import { layeredRoot, layeredTree, type LayerRecord } from './layered-image.ts';
import { packedFile, packedTree, packTree, refusePacking, settlePacked } from './packed-image.ts';
import { asEvents, type OnImageEvent } from './progress.ts';
import { imageName, type ImageContent, type ImageInfo, type StoredImage } from './stored-image.ts';

export type { ImageContent, ImageInfo, ImageSource, StoredImage } from './stored-image.ts';
export { lxcpathOf, type ImageUser } from './image-users.ts';

const ID = /^[0-9a-f]{64}$/;
const FORMAT = 1;
const INFO = 'image.json';
const STAGING = '.staging-';
/** What a broken download left is worth resuming for so long. */
const PARTIAL_MS = 7 * 24 * 3600 * 1000;

/** Who is told while an image is made. */
export interface Telling {
  /** Called once, where another process makes it. */
  readonly onWait?: (() => void) | undefined;
  readonly onStage?: OnStage | undefined;
}

export class ImageStore {
  readonly #cacheDir: string;
  readonly #images: string;
  readonly #downloads: string;
  readonly #locks: ImageLocks;

  /**
   * A plain user's trees are seen through the mapping their files were made with. `packs`: what is made here is packed; null:
   * it is a tree. Throws TLXC_E_UNSUPPORTED where packed images cannot be used.
   */
  constructor(
    cacheDir: string,
    readonly mapping: Mapping | null = null,
    readonly packs: ReadOnlyFilesystem | null = null,
  ) {
    if (packs !== null && mapping !== null) refusePacking(packs);
    this.#cacheDir = cacheDir;
    this.#images = join(cacheDir, 'images');
    this.#downloads = join(cacheDir, 'downloads');
    this.#locks = new ImageLocks(this.#images);
  }

  /** Where a verified file of the image of this id is put until it is used; who writes there holds the image's lock. */
  downloadPath(id: string, kind: 'rootfs' | 'metadata' | `layer-${number}`): string {
    return join(this.#downloads, kind === 'rootfs' ? id : `${id}.${kind}`);
  }

  /** null as well for an image whose description cannot be read: `damaged` has those. */
  get(id: string): StoredImage | null {
    if (!ID.test(id)) return null;
    const directory = join(this.#images, id);
    const info = readInfo(directory);
    return info && storedAt(directory, info);
  }

  tree(id: string): Tree {
    const directory = join(this.#images, id);
    const { packed, layers } = readInfo(directory) ?? {};
    if (packed) return packedTree(directory, packed.type);
    return layers ? layeredTree(directory, layers.paths) : { directory, mapping: this.mapping };
  }

  /** The same store, where what is made stays a tree. */
  get unpacked(): ImageStore {
    return this.packs === null ? this : new ImageStore(this.#cacheDir, this.mapping);
  }

  /** Where the image of this id is made, and what says then that it is there: whom its layers have for a user. */
  asUser(id: string): ImageUser {
    return { staging: join(this.#images, STAGING + id), config: join(this.#images, id, INFO) };
  }

  #ids(): string[] {
    return existsSync(this.#images) ? readdirSync(this.#images).filter((name) => ID.test(name)) : [];
  }

  #stored(): StoredImage[] {
    return this.#ids().flatMap((id) => this.get(id) ?? []);
  }

  /** Layers that images of several share. */
  layers(): StoredImage[] {
    return this.#stored().filter(({ info }) => info.source.kind === 'layer');
  }

  /** Such as this store makes first: of two forms of an image that is the one to take. */
  list(): StoredImage[] {
    const images = this.#stored().filter(({ info }) => info.source.kind !== 'layer');
    const isOurs = ({ info }: StoredImage): boolean => (info.packed?.type ?? null) === this.packs;
    return [...images.filter(isOurs), ...images.filter((image) => !isOurs(image))];
  }

  /** Images that are there without a description that can be read. */
  damaged(): string[] {
    return this.#ids().filter((id) => this.get(id) === null);
  }

  /** Renews what is known of an image that is there, its tree untouched; null: there is none. */
  async update(
    id: string,
    renew: () => Promise<Partial<Pick<ImageInfo, 'source' | 'metadata' | 'alias' | 'signedBy'>>>,
    onWait: () => void = () => undefined,
  ): Promise<StoredImage | null> {
    if (this.get(id) === null) return null;
    return this.#locks.holding(id, onWait, async () => {
      const image = this.get(id);
      if (!image) return null;
      const info: ImageInfo = { ...image.info, ...(await renew()) };
      writeInfo(join(this.#images, id), info);
      return { ...image, info };
    });
  }

  /**
   * The image of this id; `make` is called to fill an empty directory with rootfs/ where the store does not have it.
   * One process makes an image, others wait for it. Nothing is left when `make` throws.
   */
  async obtain(
    id: string,
    make: (work: string) => Promise<ImageContent>,
    { onWait, onStage }: Telling = {},
  ): Promise<StoredImage> {
    const known = this.get(id);
    if (known) return known;
    makePlaceForTrees(this.#images, 0o700);
    return this.#locks.holding(id, onWait, async () => this.get(id) ?? (await this.#make(id, make, onStage)));
  }

  /** The same image as this store makes it. Throws TLXC_E_IMAGE where it has gone meanwhile, TLXC_E_STORAGE. */
  async pack(image: StoredImage, onEvent: OnImageEvent): Promise<StoredImage> {
    const { packs } = this;
    const { info } = image;
    if (packs === null || info.packed?.type === packs) return image;
    const id = createHash('sha256').update(`${packs}:${info.id}`).digest('hex');
    const title = `${imageName(info)} as ${packs}`;
    const { source, metadata, devices, createdAt, signedBy = '' } = info;
    const onStage = asEvents(onEvent);
    const make = async (work: string): Promise<ImageContent> => {
      onEvent({ kind: 'pack', image: title });
      // Nobody removes it meanwhile. Whoever has the lock of what is packed takes that of no other.
      await this.#locks.holding(info.id, undefined, async () => {
        if (this.get(info.id) === null)
          throw new TlxcError({
            code: 'TLXC_E_IMAGE',
            message: `image ${title} was removed meanwhile`,
            hint: 'try again',
          });
        await packTree(this.tree(info.id), { work, type: packs, onStage });
      });
      return { source, metadata, devices, createdAt, signedBy };
    };
    return this.obtain(id, make, { onWait: () => onEvent({ kind: 'waiting', image: title }), onStage });
  }

  async #make(
    id: string,
    make: (work: string) => Promise<ImageContent>,
    onStage: OnStage | undefined,
  ): Promise<StoredImage> {
    // Ours while we hold the lock: what is there was left by a process that died.
    const work = join(this.#images, STAGING + id);
    await removeTree(work);
    await this.#clearDamaged(id);
    makeTreeDirectory(work, 0o700);
    try {
      const { layers, digests, ...content } = await writingBehind(work, make(work));
      const form = await this.#settle(work, { layers, digests, onStage });
      const info: ImageInfo = { format: FORMAT, id, createdAt: Date.now(), ...content, ...form };
      writeStagedFile(join(work, INFO), textOf(info), 0o600);
      await syncFilesystem(work);
      renameSync(work, join(this.#images, id));
      await syncFilesystem(this.#images);
      return storedAt(join(this.#images, id), info);
    } catch (error) {
      await removeTree(work);
      if (isFullDisk(error)) this.#giveRoomBack(id);
      throw error;
    }
  }

  /** What has arrived is resumed by the next try, but not at the price of the room that it lacked. The caller holds the image's lock. */
  #giveRoomBack(id: string): void {
    const files = existsSync(this.#downloads) ? readdirSync(this.#downloads) : [];
    for (const name of files) if (name.startsWith(id)) removeFile(join(this.#downloads, name));
  }

  /** What was made takes its final form. */
  async #settle(
    work: string,
    {
      layers,
      digests,
      onStage,
    }: { layers: LayerRecord | undefined; digests: Promise<Digests> | undefined } & Telling,
  ): Promise<Pick<ImageInfo, 'tree' | 'packed' | 'layers'>> {
    if (layers) mkdirSync(join(work, 'mnt'), { mode: 0o700 });
    const { packs: type } = this;
    if (layers && type !== null) await packTree(layeredTree(work, layers.paths), { work, type, onStage });
    if (type !== null) await digests;
    if (type !== null) return { packed: await settlePacked(work, { type, onStage }) };
    if (layers) return { layers };
    onStage?.('writing', unmeasured);
    // Reading for the record and writing to disk take each other's idle time.
    const [tree] = await Promise.all([
      recordTree({ directory: work, mapping: this.mapping }, digests),
      syncFilesystem(work),
    ]);
    return { tree };
  }

  /** An image without a description is made anew, unless a container has its tree below it. */
  async #clearDamaged(id: string): Promise<void> {
    const directory = join(this.#images, id);
    if (!existsSync(directory)) return;
    const [user] = livingUsers(directory, id);
    if (user === undefined) {
      await removeTree(directory);
      return;
    }
    throw new TlxcError({
      code: 'TLXC_E_IMAGE',
      message: `the stored image ${directory} is damaged: image.json cannot be read; ${user.config} uses it`,
      hint: 'tlxc-image verify shows what else is; restore the file, or destroy the container',
    });
  }

  /**
   * Notes that a container is made from this image, before it is; false: the image has gone meanwhile.
   * The note is worth as much as the container's own configuration.
   */
  reference(id: string, container: ImageUser, how: Pick<WriteOptions, 'syncedWith'> = {}): boolean {
    return this.get(id) !== null && noteUser(join(this.#images, id), container, how) && this.get(id) !== null;
  }

  /** Containers that need the image's tree, as far as they were noted. */
  users(id: string): ImageUser[] {
    return livingUsers(join(this.#images, id), id);
  }

  /** All that were ever noted, for any image. */
  everyUser(): ImageUser[] {
    return this.#ids().flatMap((id) => notedUsers(join(this.#images, id)));
  }

  /** Removes the image unless a container is, or is just being, made from it; false: it stays. */
  async removeUnused(id: string): Promise<boolean> {
    const directory = join(this.#images, id);
    if (!existsSync(directory)) return true;
    return this.#locks.holding(id, undefined, async () => {
      const gone = join(this.#images, STAGING + id);
      await removeTree(gone);
      if (this.users(id).length > 0) return false;
      renameSync(directory, gone);
      // Noted between the look and the rename: the image comes back.
      if (livingUsers(gone, id).length > 0) {
        renameSync(gone, directory);
        return false;
      }
      await removeTree(gone);
      return true;
    });
  }

  /** Removes what dead processes left: images half made, locks, downloads that nobody will resume; with `downloads` all of them. */
  async sweep(onStage?: OnStage, { downloads = false } = {}): Promise<void> {
    const leftovers = existsSync(this.#images) ? readdirSync(this.#images) : [];
    if (existsSync(this.#images)) sweepUnborn(this.#images);
    for (const name of leftovers) {
      const [prefix] = [STAGING, LOCK].filter((known) => name.startsWith(known));
      const id = name.slice(prefix?.length ?? name.length);
      const path = join(this.#images, STAGING + id);
      const remove = () => whileSweeping(onStage, () => removeTree(path));
      if (ID.test(id)) await this.#locks.ifFree(id, () => (existsSync(path) ? remove() : undefined));
    }
    const old = existsSync(this.#downloads) ? readdirSync(this.#downloads) : [];
    for (const name of old) {
      const path = join(this.#downloads, name);
      const id = name.slice(0, 64);
      const useless = downloads || this.get(id) !== null || isOlder(path, PARTIAL_MS);
      // Whoever fetches has the lock.
      if (useless && existsSync(this.#images)) await this.#locks.ifFree(id, () => removeFile(path));
    }
  }
}

const storedAt = (directory: string, info: ImageInfo): StoredImage => ({
  info,
  rootfs: info.packed
    ? packedFile(directory, info.packed.type)
    : info.layers
      ? layeredRoot(directory, info.layers.paths)
      : join(directory, 'rootfs'),
});

function readInfo(directory: string): ImageInfo | null {
  try {
    const text = readFileSync(join(directory, INFO), 'utf8');
    const info = JSON.parse(text) as Omit<ImageInfo, 'format'> & { format: number };
    return info.format === FORMAT ? { ...info, format: FORMAT } : null;
  } catch {
    return null;
  }
}

const textOf = (info: ImageInfo): string => `${JSON.stringify(info, null, 2)}\n`;

const writeInfo = (directory: string, info: ImageInfo): void =>
  writeFileAtomically(join(directory, INFO), textOf(info), { mode: 0o600 });

function isFullDisk(error: unknown): boolean {
  const reason = error instanceof TlxcError ? error.details.errno : (error as NodeJS.ErrnoException).code;
  return /^(ENOSPC|EDQUOT)$/.test(reason ?? '');
}

function isOlder(path: string, milliseconds: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.mtimeMs + milliseconds < Date.now();
}
