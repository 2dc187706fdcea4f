/** The image store as a program sees it: what containers are made from. */
import { usageError } from '../../errors.ts';
import { exportImage, exportToServer } from '../../image/export-image.ts';
import { catalogueOf, firstServer } from '../../image/fetch-image.ts';
import { findStored } from '../../image/find-stored.ts';
import { checkAlias, importImage } from '../../image/import-image.ts';
import { matches, type Product } from '../../image/product.ts';
import { asEvents, type OnImageEvent } from '../../image/progress.ts';
import type { StoredImage } from '../../image/store.ts';
import type { ImageNames } from '../../image/stored-image.ts';
import { buildImage, type Material } from '../image/build.ts';
import {
  imageStatuses,
  inWords,
  openStore,
  packingAs,
  type ImagePlace,
  pruneImages,
  verifyImage,
  type ImageStatus,
  type Pruned,
  type Verdict,
} from '../image/images.ts';
import { serveImages, type ServedImages } from '../image/serve.ts';
import { isReference, pullReference, pullRelease, refuseOffline, serversOf } from '../image/pull.ts';
import type { ReadOnlyFilesystem } from '../../host/read-only-filesystems.ts';
import { workingDirectory } from '../../working-directory.ts';
import { placeOf, type Place, type StoreOptions } from './place.ts';

/** An image of a server's: { dist: 'debian', release: 'bookworm' }. */
export interface ImageQuery {
  readonly dist?: string;
  readonly release?: string;
  /** As Debian, Node or uname call it; this host's unless given. */
  readonly arch?: string;
  /** Default: default. */
  readonly variant?: string;
  /** A server's URL, instead of those of tlxc.image.server. */
  readonly server?: string;
}

/** How images are brought into the store. */
export interface ImageOptions {
  /** What it is called from then on. */
  readonly alias?: string;
  /** Kept packed, which takes less room and is read-only; a tree unless given. */
  readonly pack?: ReadOnlyFilesystem;
  /** Told of downloads and unpacking as they go. */
  readonly onEvent?: OnImageEvent;
}

/** How a directory of images is served. */
export interface ServeImagesOptions {
  /** The address to listen at; 127.0.0.1 unless given. */
  readonly host?: string;
  /** 8443 unless given, 0: any that is free. */
  readonly port?: number;
  /** Files of PEM; a certificate of TLXC's own unless given. */
  readonly certFile?: string;
  /** Goes with certFile. */
  readonly keyFile?: string;
}

/** A directory of images while it is served; closed at the end of its `await using`. */
export type ImageService = ServedImages & AsyncDisposable;

const ignore: OnImageEvent = () => undefined;

/** What tlxc-image does. An image is named as there: debian/bookworm, an alias, the beginning of its digest. All methods throw TlxcError. */
export class Images {
  readonly #place: Place;

  /** The store of whoever runs the program, with their tlxc.conf. */
  constructor(options: StoreOptions = {}) {
    this.#place = placeOf(options);
  }

  #placeFor(pack: string | undefined): ImagePlace {
    return { ...this.#place, packs: pack === undefined ? null : packingAs(pack) };
  }

  /** Those that are stored, each with the containers that need it. */
  list(): readonly ImageStatus[] {
    return imageStatuses(openStore(this.#place), this.#place);
  }

  /** One that is stored. Throws TLXC_E_NOT_FOUND, TLXC_E_USAGE where the name may mean several. */
  find(image: string): StoredImage {
    return findStored(openStore(this.#place), image);
  }

  /** What the first server that answers offers. Throws TLXC_E_IMAGE. */
  async available(query: ImageQuery & Pick<ImageOptions, 'onEvent'> = {}): Promise<readonly Product[]> {
    const { dist = '', release = '', arch = '', variant = '', server = '', onEvent = ignore } = query;
    const { system, environment } = this.#place;
    refuseOffline(system);
    const asked = { onEvent, environment, ca: system.imageCa };
    const products = await firstServer(serversOf(system, server), onEvent, (each) =>
      catalogueOf(each, asked),
    );
    return products.filter((product) => matches(product, { dist, release, arch, variant }));
  }

  /** The newest build of a server's image, or an image by its reference: 'docker://debian:12', 'oci:DIRECTORY'. */
  pull(
    image: string | (ImageQuery & Required<Pick<ImageQuery, 'dist' | 'release'>>),
    { onEvent = ignore, pack, arch }: Pick<ImageOptions, 'onEvent' | 'pack'> & Pick<ImageQuery, 'arch'> = {},
  ): Promise<StoredImage> {
    const request = { ...this.#placeFor(pack), onEvent };
    if (typeof image === 'string') {
      if (isReference(image)) return pullReference(request, { text: image, arch, cwd: workingDirectory() });
      const message = `${JSON.stringify(image)} is no reference of an image`;
      const hint =
        "docker://debian:12 is one; an image server is asked with { dist: 'debian', release: 'bookworm' }";
      return Promise.reject(usageError(message, hint));
    }
    const servers = serversOf(this.#place.system, image.server ?? '');
    const { dist, release, variant = 'default' } = image;
    return pullRelease({ ...request, servers }, { dist, release, arch: image.arch ?? arch ?? '', variant });
  }

  /**
   * An archive of a root filesystem, absolute; metadata: LXC's or Incus' file about it; keep: a squashfs or erofs of somebody
   * else's is believed as it is, with `pack` of its type.
   */
  async import(
    archive: string,
    options: ImageOptions & { readonly metadata?: string; readonly keep?: boolean } = {},
  ): Promise<StoredImage> {
    const { alias = null, metadata = null, onEvent = ignore, pack, keep = false } = options;
    if (alias !== null) checkAlias(alias);
    const store = openStore(this.#placeFor(pack));
    await store.sweep(asEvents(onEvent));
    const imported = importImage({ store, archive, metadata, alias, keep, onEvent }).then((image) =>
      store.pack(image, onEvent),
    );
    return inWords(`${archive} could not be imported`, imported);
  }

  /** An image of a stopped container, of a directory, or as a template makes it. */
  async build(material: Material, options: ImageOptions = {}): Promise<StoredImage> {
    const { alias = null, onEvent = ignore, pack } = options;
    if (alias !== null) checkAlias(alias);
    const built = buildImage({ ...this.#placeFor(pack), material, alias, onEvent });
    const made = await inWords('the image could not be built', built);
    if (typeof made !== 'string') return made;
    const message = 'the template only answered a question: these arguments build nothing';
    throw usageError(message, 'leave out what only asks (help, list)');
  }

  /** The root filesystem to one file, absolute, and with `metadata` what LXC and Incus read about it to another. */
  async export(
    image: string,
    file: string,
    { metadata }: { readonly metadata?: string } = {},
  ): Promise<void> {
    const store = openStore(this.#place);
    const request = { store, image: findStored(store, image), name: '' };
    await inWords(`${file} could not be written`, exportImage(request, file, metadata ?? null));
  }

  /** Into a directory as image servers have it, absolute; it is called `name`: DIST/RELEASE[/ARCH[/VARIANT]]. */
  publish(
    image: string,
    directory: string,
    { name = '' }: { readonly name?: string } = {},
  ): Promise<ImageNames> {
    if (name !== '') checkAlias(name);
    const store = openStore(this.#place);
    const request = { store, image: findStored(store, image), name };
    return inWords(`${directory} could not be written`, exportToServer(request, directory));
  }

  /**
   * Serves a directory that `publish` has filled, absolute, to LXC's, Incus' and TLXC's clients until it is closed. Throws
   * TLXC_E_USAGE where it has no images, TLXC_E_NETWORK where the address cannot be had.
   */
  async serve(directory: string, options: ServeImagesOptions = {}): Promise<ImageService> {
    const { host = '127.0.0.1', port = 8443, certFile, keyFile } = options;
    if ((certFile === undefined) !== (keyFile === undefined))
      throw usageError('certFile and keyFile go together', 'give both, or neither: one is made then');
    const tls = certFile !== undefined && keyFile !== undefined ? { certFile, keyFile } : null;
    const serving = serveImages({ root: directory, host, port, tls, system: this.#place.system });
    const served = await inWords(`${directory} cannot be served`, serving);
    return { ...served, [Symbol.asyncDispose]: () => served.close() };
  }

  /** Compares the whole tree with what was recorded when it was stored. */
  verify(image: string): Promise<Verdict> {
    const store = openStore(this.#place);
    return verifyImage(store, findStored(store, image));
  }

  /** Removes those that no container needs: the expired ones, or with `all` every one and what broken downloads left. */
  prune({ all = false }: { readonly all?: boolean } = {}): Promise<Pruned> {
    return pruneImages(openStore(this.#place), this.#place, { all });
  }
}
