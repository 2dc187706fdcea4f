/** OCI images made by hand, so that they can be what no honest tool makes; and how they get to where they are pulled from. */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tarOf, type Entry } from '../archives.ts';

export interface Blob {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface BuiltImage {
  readonly manifest: Buffer;
  readonly manifestType: string;
  /** By digest: the configuration and the layers. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly config: Blob;
  readonly layers: readonly Blob[];
}

export type Compression = 'gzip' | 'zstd' | 'none';

/** A layer's members, or the bytes of its archive. */
export type LayerContent = readonly Entry[] | Buffer;

export interface Recipe {
  readonly layers: readonly LayerContent[];
  readonly compression?: Compression;
  /** Docker's media types instead of OCI's. */
  readonly docker?: boolean;
  /** What the image runs: Entrypoint, Env … */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
  /** Changes the configuration's digests of the layers. */
  readonly diffIds?: (honest: readonly string[]) => readonly string[];
}

export const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const goArchitecture = (): string => (process.arch === 'x64' ? 'amd64' : process.arch);

function compressed(tar: Buffer, how: Compression): Buffer {
  if (how === 'gzip') return gzipSync(tar);
  return how === 'zstd'
    ? execFileSync('zstd', ['-c'], { input: tar, maxBuffer: 1 << 30, stdio: ['pipe', 'pipe', 'ignore'] })
    : tar;
}

function layerType(docker: boolean, how: Compression): string {
  if (docker) return 'application/vnd.docker.image.rootfs.diff.tar.gzip';
  return `application/vnd.oci.image.layer.v1.tar${how === 'none' ? '' : `+${how}`}`;
}

export function buildImage(recipe: Recipe): BuiltImage {
  const { compression = 'gzip', docker = false, architecture = goArchitecture() } = recipe;
  const blobs = new Map<string, Buffer>();
  const add = (bytes: Buffer, mediaType: string): Blob => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const tars = recipe.layers.map((layer) => (Buffer.isBuffer(layer) ? layer : tarOf(layer)));
  const layers = tars.map((tar) => add(compressed(tar, compression), layerType(docker, compression)));
  const honest = tars.map(digestOf);
  const configText = JSON.stringify({
    ...{ architecture, os: 'linux', config: recipe.config ?? {} },
    rootfs: { type: 'layers', diff_ids: recipe.diffIds?.(honest) ?? honest },
  });
  const kind = docker ? 'vnd.docker.container.image' : 'vnd.oci.image.config';
  const config = add(Buffer.from(configText), `application/${kind}.v1+json`);
  const manifestType = docker
    ? 'application/vnd.docker.distribution.manifest.v2+json'
    : 'application/vnd.oci.image.manifest.v1+json';
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config, layers }));
  return { manifest, manifestType, blobs, config, layers };
}

/** One image a platform, in an index. */
export function indexOf(
  images: Readonly<Record<string, BuiltImage>>,
  type = 'application/vnd.oci.image.index.v1+json',
): Buffer {
  const manifests = Object.entries(images).map(([platform, { manifest, manifestType }]) => {
    const [architecture, variant] = platform.split('/');
    return {
      ...{ mediaType: manifestType, digest: digestOf(manifest), size: manifest.length },
      platform: { os: 'linux', architecture, ...(variant !== undefined && { variant }) },
    };
  });
  return Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, manifests }));
}

/** An image layout in the directory, with the images under their tags. */
export function writeLayout(directory: string, images: Readonly<Record<string, BuiltImage>>): void {
  const blobs = join(directory, 'blobs/sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer) => writeFileSync(join(blobs, digestOf(bytes).slice('sha256:'.length)), bytes);
  for (const image of Object.values(images)) {
    put(image.manifest);
    for (const blob of image.blobs.values()) put(blob);
  }
  const manifests = Object.entries(images).map(([tag, { manifest, manifestType }]) => ({
    ...{ mediaType: manifestType, digest: digestOf(manifest), size: manifest.length },
    annotations: { 'org.opencontainers.image.ref.name': tag },
  }));
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  writeFileSync(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
}
