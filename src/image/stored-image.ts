/** What is known of an image in the store. */
import type { Digests } from './file-digests.ts';
import type { TreeRecord } from './manifest.ts';
import type { ImageMetadata } from './metadata.ts';
import type { LayerRecord } from './layered-image.ts';
import type { PackedImage } from './packed-image.ts';

/** What an image is called on a server, or by its own metadata; "" for what is not said. */
export interface ImageNames {
  readonly dist: string;
  readonly release: string;
  /** As Debian names it: amd64. */
  readonly arch: string;
  readonly variant: string;
  /** The build's serial: 20260913_05:24. */
  readonly build: string;
}

/** Where an image came from, as it is found again without a network. */
export type ImageSource =
  | ({
      readonly kind: 'download';
      readonly server: string;
      readonly releaseAliases: readonly string[];
    } & ImageNames)
  | {
      readonly kind: 'local';
      readonly archive: string;
      /** As its metadata says, where it has any. */
      readonly names?: ImageNames;
    }
  | {
      readonly kind: 'oci';
      /** In full: docker://docker.io/library/debian:12. */
      readonly reference: string;
      /** linux/amd64 */
      readonly platform: string;
    }
  /** A layer of such images: what it changes in those below it. */
  | {
      readonly kind: 'layer';
      /** Of it and those below it, as the OCI image specification has it: sha256:… */
      readonly chainId: string;
    }
  | {
      readonly kind: 'built';
      readonly template: string;
      readonly parameters: readonly string[];
      /** The template's words as the person gave them. */
      readonly args?: readonly string[];
    };

/** What is known of a stored image. */
export interface ImageInfo {
  readonly format: 1;
  /** SHA-256 of what the image was made from. */
  readonly id: string;
  readonly source: ImageSource;
  readonly metadata: ImageMetadata;
  /** Device nodes outside /dev. */
  readonly devices: readonly string[];
  /** Unix milliseconds. */
  readonly createdAt: number;
  /** The OpenPGP key, pinned then, that has signed what a server says of it; "" or absent: none was pinned. */
  readonly signedBy?: string;
  /** The name that a person gave it. */
  readonly alias?: string;
  /** It has no tree of its own, but layers, which others may have, too. */
  readonly layers?: LayerRecord;
  /** It is one file, not a tree. */
  readonly packed?: PackedImage;
  /** Absent in packed images, and in those of versions that recorded none. */
  readonly tree?: TreeRecord;
}

/** An image in the store: what is known of it, and where its tree lies. */
export interface StoredImage {
  readonly info: ImageInfo;
  /** Its tree, the file that it is packed in, or where its layers are mounted for who reads them. */
  readonly rootfs: string;
}

/** What making an image gives: its tree lies in WORK/rootfs. */
export type ImageContent = Pick<
  ImageInfo,
  'source' | 'metadata' | 'devices' | 'alias' | 'layers' | 'signedBy'
> &
  Partial<Pick<ImageInfo, 'createdAt'>> & {
    /** Of its files, as far as they are known already. */
    readonly digests?: Promise<Digests>;
  };

/** Whether a pinned key has signed it; a server's word is not enough where there are such keys. */
export const isSigned = ({ signedBy = '' }: Pick<ImageInfo, 'signedBy'>): boolean => signedBy !== '';

/** A server asked now might have a newer one. 0: it never expires. */
export const hasExpired = ({ expiry }: ImageMetadata): boolean => expiry !== 0 && expiry * 1000 <= Date.now();

/** What an OCI image is called in the store. */
export const referenceName = (title: string): string => title.replace(/^docker:\/\//, '');

/** What a person calls it: an alias, debian/bookworm/amd64/default, a template's words, an archive's name. */
export function imageName({ alias, source }: Pick<ImageInfo, 'alias' | 'source'>): string {
  if (alias) return alias;
  if (source.kind === 'layer') return source.chainId;
  if (source.kind === 'oci') return referenceName(source.reference);
  if (source.kind === 'built') return [source.template, ...(source.args ?? [])].join(' ');
  const { dist = '', release = '', arch = '', variant = '' } = namesOf(source) ?? {};
  const words = [dist, release, arch, variant].filter((word) => word !== '');
  if (words.length > 1) return words.join('/');
  return source.kind === 'local' ? (source.archive.split('/').at(-1) ?? '') : words.join('/');
}

/** null: nobody said. */
export function namesOf(source: ImageSource): ImageNames | null {
  if (source.kind === 'download') return source;
  return source.kind === 'local' ? (source.names ?? null) : null;
}

/** Where it came from, for people. */
export function originOf(source: ImageSource): string {
  if (source.kind === 'download') return source.server;
  if (source.kind === 'oci') return source.reference;
  if (source.kind === 'layer') return source.chainId;
  return source.kind === 'local' ? source.archive : `template ${source.template}`;
}
