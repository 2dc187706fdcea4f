/** A stored image as archives again: for LXC's local template and for Incus, or as a build of a served directory. */
import { usageError } from '../errors.ts';
import type { OnStage } from '../gauge.ts';
import { archiveTree } from './archive.ts';
import { incusMetadataText, lxcMetadataFiles, writeMetadataArchive } from './metadata-files.ts';
import { debianArch } from './product.ts';
import { publishImage } from './publish.ts';
import type { ImageStore, StoredImage } from './store.ts';
import { namesOf, type ImageNames } from './stored-image.ts';

export interface ExportRequest {
  readonly store: ImageStore;
  readonly image: StoredImage;
  /** DIST/RELEASE[/ARCH[/VARIANT]] instead of what the image is called; "" to keep that. */
  readonly name: string;
  readonly onStage?: OnStage | undefined;
}

/** The root filesystem to `file`; metadata, which both LXC and Incus read, to `metadata` where that is not null. */
export async function exportImage(
  { store, image, name, onStage }: ExportRequest,
  file: string,
  metadata: string | null,
): Promise<void> {
  const { info } = image;
  await archiveTree(store.tree(info.id), file, { onStage });
  if (metadata === null) return;
  const names = namesFor(image, name);
  const yaml = incusMetadataText(names, info.metadata.expiry, Math.floor(info.createdAt / 1000));
  await writeMetadataArchive({ ...lxcMetadataFiles(info.metadata), 'metadata.yaml': yaml }, metadata);
}

/** As a build below root/images, with the indexes that tell of it. Returns its directory's names. */
export async function exportToServer(
  { store, image, name, onStage }: ExportRequest,
  root: string,
): Promise<ImageNames> {
  const names = namesFor(image, name);
  if (names.dist === '' || names.release === '') {
    throw usageError(
      'a server lists images by distribution and release, and this one has none',
      'give it an alias (--alias DIST/RELEASE)',
    );
  }
  const { info } = image;
  await publishImage({
    ...{ ...names, root, metadata: info.metadata },
    writeRootfs: (file) => archiveTree(store.tree(info.id), file, { onStage }),
  });
  return names;
}

const WORD = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/;

const NAMELESS = { dist: '', release: '', arch: '', variant: '', build: '' };

/** The person's word counts most, then the image's own names, then an alias that has their form. */
function namesFor({ info }: StoredImage, given: string): ImageNames {
  const own = namesOf(info.source);
  const known = own ?? NAMELESS;
  const words = (given || (own ? '' : (info.alias ?? ''))).split('/');
  const word = (at: number, otherwise: string) =>
    words.slice(at, at + 1).filter((each) => WORD.test(each))[0] ?? otherwise;
  return {
    dist: word(0, known.dist),
    release: word(1, known.release),
    arch: debianArch(word(2, known.arch || process.arch)),
    variant: word(3, known.variant || 'default'),
    build: known.build || serialOf(info.createdAt),
  };
}

/** 20260913_05:24 */
function serialOf(milliseconds: number): string {
  const [, date = '', time = ''] = /^(.{10})T(.{5})/.exec(new Date(milliseconds).toISOString()) ?? [];
  return `${date.replaceAll('-', '')}_${time}`;
}
