/**
 * Images that are unpacked and ready, shared by all containers: CACHEDIR/images/ID/{rootfs/,image.json}, where ID is
 * the SHA-256 of what the image was made from. An image appears by one rename, whole and synced, and is never changed.
 * The directories are root's alone (0700): nobody on the host can run a set-id program of an image.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { readConfigFile } from '../config/read-file.ts';
import { TlxcError } from '../errors.ts';
import { removeTree, syncFilesystem } from '../host/trees.ts';
import { native } from '../native/binding.ts';
import type { ImageMetadata } from './metadata.ts';

/** Where an image came from, as it is found again without a network. */
export type ImageSource =
  | {
      readonly kind: 'download';
      readonly server: string;
      readonly dist: string;
      readonly release: string;
      readonly releaseAliases: readonly string[];
      readonly arch: string;
      readonly variant: string;
      readonly build: string;
    }
  | { readonly kind: 'local'; readonly archive: string }
  | { readonly kind: 'built'; readonly template: string; readonly parameters: readonly string[] };

export interface ImageInfo {
  readonly format: 1;
  readonly id: string;
  readonly source: ImageSource;
  readonly metadata: ImageMetadata;
  /** Device nodes outside /dev. */
  readonly devices: readonly string[];
  /** Unix milliseconds. */
  readonly createdAt: number;
}

export interface StoredImage {
  readonly info: ImageInfo;
  readonly rootfs: string;
}

/** What making an image gives: its tree lies in WORK/rootfs. */
export type ImageContent = Pick<ImageInfo, 'source' | 'metadata' | 'devices'>;

const ID = /^[0-9a-f]{64}$/;
const FORMAT = 1;
const STAGING = '.staging-';
const POLL_MS = 200;

export class ImageStore {
  readonly #images: string;
  readonly #downloads: string;

  constructor(cacheDir: string) {
    this.#images = join(cacheDir, 'images');
    this.#downloads = join(cacheDir, 'downloads');
  }

  /** Where the verified archive of this digest is put until it is unpacked. */
  downloadPath(sha256: string): string {
    return join(this.#downloads, sha256);
  }

  get(id: string): StoredImage | null {
    const directory = join(this.#images, id);
    if (!ID.test(id) || !existsSync(join(directory, 'image.json'))) return null;
    const info = JSON.parse(readFileSync(join(directory, 'image.json'), 'utf8')) as Omit<
      ImageInfo,
      'format'
    > & { format: number };
    return info.format === FORMAT
      ? { info: { ...info, format: FORMAT }, rootfs: join(directory, 'rootfs') }
      : null;
  }

  /** The image whose tree this is; null for any other path. */
  idOf(rootfs: string): string | null {
    const [, id = ''] = /([^/]+)\/rootfs$/.exec(rootfs) ?? [];
    return ID.test(id) && rootfs === join(this.#images, id, 'rootfs') ? id : null;
  }

  list(): StoredImage[] {
    if (!existsSync(this.#images)) return [];
    return readdirSync(this.#images).flatMap((name) => this.get(name) ?? []);
  }

  /** Renews what is known of an image that is there, its tree untouched. */
  update(id: string, content: Pick<ImageInfo, 'source' | 'metadata'>): StoredImage | null {
    const image = this.get(id);
    if (!image) return null;
    const info: ImageInfo = { ...image.info, ...content };
    writeFileAtomically(join(this.#images, id, 'image.json'), `${JSON.stringify(info, null, 2)}\n`, {
      mode: 0o600,
    });
    return { ...image, info };
  }

  /**
   * The image of this id; `make` is called to fill an empty directory with rootfs/ where the store does not have it.
   * One process makes an image, others wait for it (onWait is called once). Nothing is left when `make` throws.
   */
  async obtain(
    id: string,
    make: (work: string) => Promise<ImageContent>,
    onWait: () => void = () => undefined,
  ): Promise<StoredImage> {
    const known = this.get(id);
    if (known) return known;
    mkdirSync(this.#images, { recursive: true, mode: 0o700 });
    const lock = await this.#lock(id, onWait);
    try {
      return this.get(id) ?? (await this.#make(id, make));
    } finally {
      rmSync(this.#lockPath(id), { force: true });
      native().closeFd(lock);
    }
  }

  async #make(id: string, make: (work: string) => Promise<ImageContent>): Promise<StoredImage> {
    // Ours while we hold the lock: what is there was left by a process that died.
    const work = join(this.#images, STAGING + id);
    await removeTree(work);
    mkdirSync(work, { mode: 0o700 });
    try {
      const content = await make(work);
      const info: ImageInfo = { format: 1, id, ...content, createdAt: Date.now() };
      writeFileAtomically(join(work, 'image.json'), `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
      await syncFilesystem(work);
      renameSync(work, join(this.#images, id));
      await syncFilesystem(this.#images);
      return { info, rootfs: join(this.#images, id, 'rootfs') };
    } catch (error) {
      await removeTree(work);
      throw error;
    }
  }

  /**
   * Notes that a container is made from this image, before it is; false: the image has gone meanwhile.
   * The note is worth as much as the container's own configuration: see isUsed.
   */
  reference(id: string, container: ImageUser): boolean {
    const users = join(this.#images, id, 'users');
    if (this.get(id) === null) return false;
    mkdirSync(users, { mode: 0o700, recursive: true });
    const file = createHash('sha256').update(JSON.stringify(container)).digest('hex').slice(0, 32);
    writeFileAtomically(join(users, file), JSON.stringify(container), { mode: 0o600 });
    return this.get(id) !== null;
  }

  #users(id: string): ImageUser[] {
    const users = join(this.#images, id, 'users');
    if (!existsSync(users)) return [];
    return readdirSync(users).map((file) => JSON.parse(readFileSync(join(users, file), 'utf8')) as ImageUser);
  }

  /** Removes the image unless a container is, or is just being, made from it; false: it stays. */
  async removeUnused(id: string): Promise<boolean> {
    if (!existsSync(join(this.#images, id))) return true;
    const lock = await this.#lock(id, () => undefined);
    try {
      if (this.#users(id).some((user) => isUsed(id, user))) return false;
      renameSync(join(this.#images, id), join(this.#images, STAGING + id));
      await removeTree(join(this.#images, STAGING + id));
      return true;
    } finally {
      rmSync(this.#lockPath(id), { force: true });
      native().closeFd(lock);
    }
  }

  /** Removes what dead processes left. */
  async sweep(): Promise<void> {
    if (!existsSync(this.#images)) return;
    for (const name of readdirSync(this.#images)) {
      const id = name.startsWith(STAGING) ? name.slice(STAGING.length) : '';
      if (!ID.test(id)) continue;
      const lock = native().lock({ path: this.#lockPath(id), wait: false });
      if (typeof lock !== 'number') continue;
      await removeTree(join(this.#images, name));
      rmSync(this.#lockPath(id), { force: true });
      native().closeFd(lock);
    }
  }

  #lockPath(id: string): string {
    return join(this.#images, `.lock-${id}`);
  }

  async #lock(id: string, onWait: () => void): Promise<number> {
    for (let tries = 0; ; tries++) {
      const lock = native().lock({ path: this.#lockPath(id), wait: false });
      if (typeof lock === 'number') return lock;
      if (lock.errno !== EWOULDBLOCK) {
        throw new TlxcError({
          code: 'TLXC_E_IMAGE',
          message: `the image store ${this.#images} cannot be locked`,
        });
      }
      if (tries === 0) onWait();
      await sleep(POLL_MS);
    }
  }
}

const EWOULDBLOCK = 11;

/** A container is made in STAGING and then has its configuration in CONFIG. */
export interface ImageUser {
  readonly staging: string;
  readonly config: string;
}

/** A container that is being made may yet need the tree; one that exists says in its configuration whether it does. */
function isUsed(id: string, { staging, config }: ImageUser): boolean {
  if (existsSync(staging)) return true;
  return existsSync(config) && readConfigFile(config).text.includes(`/images/${id}/`);
}
