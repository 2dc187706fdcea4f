/** The documents that describe an OCI or Docker image: index, manifest, configuration. Read strictly: a server wrote them. */
import { TlxcError } from '../../errors.ts';
import { isFields, textOf, type Fields } from '../json.ts';

/** What a document says of another file: its kind, its digest and its size in bytes. */
export interface Descriptor {
  readonly mediaType: string;
  /** "sha256:" and 64 hex digits. */
  readonly digest: string;
  readonly size: number;
}

export interface Platform {
  readonly os: string;
  /** As Go names it: amd64, arm, 386. */
  readonly architecture: string;
  /** v6, v7, v8, or "". */
  readonly variant: string;
}

export interface IndexEntry extends Descriptor {
  readonly platform: Platform | null;
  /** org.opencontainers.image.ref.name, the tag in an image layout; "" without one. */
  readonly refName: string;
}

export type Document =
  | { readonly kind: 'index'; readonly entries: readonly IndexEntry[] }
  | { readonly kind: 'manifest'; readonly config: Descriptor; readonly layers: readonly Descriptor[] };

const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const DOCKER_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';

/** Asked for in one Accept header. */
export const DOCUMENT_TYPES = [OCI_INDEX, OCI_MANIFEST, DOCKER_LIST, DOCKER_MANIFEST];
const CONFIG_TYPES = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];
const LAYER_TYPES =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(?:foreign\.)?diff\.tar)(?:[+.](gzip|zstd))?$/;
/** As all of OCI and Docker names things. */
export const DIGEST = /^sha256:[0-9a-f]{64}$/;
/** Docker's own limit is 127 layers. */
const MAX_LAYERS = 500;
const MAX_ENTRIES = 1000;

export const refuse = (what: string, why: string, hint?: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${what}: ${why}: refused`,
    ...(hint !== undefined && { hint }),
  });

export const hexOf = (digest: string): string => digest.slice('sha256:'.length);

/** Throws TLXC_E_IMAGE. */
export function parseJson(bytes: Buffer, what: string): Fields {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (isFields(value)) return value;
  } catch {
    // Said below.
  }
  throw refuse(what, 'it is no JSON object');
}

function parseDescriptor(value: unknown, what: string): Descriptor {
  const { mediaType, digest, size } = isFields(value) ? value : {};
  if (typeof digest !== 'string' || !DIGEST.test(digest))
    throw refuse(what, `it names a file by ${JSON.stringify(digest ?? null)}, which is no SHA-256 digest`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw refuse(what, `it gives ${digest} no size`);
  return { mediaType: textOf(mediaType), digest, size };
}

function parsePlatform(value: unknown): Platform | null {
  if (!isFields(value)) return null;
  const { os, architecture, variant } = value;
  return { os: textOf(os), architecture: textOf(architecture), variant: textOf(variant) };
}

function parseEntry(value: unknown, what: string): IndexEntry {
  const { platform, annotations } = isFields(value) ? value : {};
  const refName = isFields(annotations) ? textOf(annotations['org.opencontainers.image.ref.name']) : '';
  return { ...parseDescriptor(value, what), platform: parsePlatform(platform), refName };
}

function listOf(value: unknown, what: string, most: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > most)
    throw refuse(what, `it has no list of at most ${most} entries`);
  return value as readonly unknown[];
}

/** Throws for a document that could be read in two ways, or is none of an image. */
function checkType(fields: Fields, mediaType: string, what: string): void {
  if (fields['schemaVersion'] === 1)
    throw refuse(
      what,
      'a manifest of schema 1, which Docker gave up',
      'push the image again with a current tool',
    );
  const own = textOf(fields['mediaType']);
  if (own !== '' && mediaType !== '' && own !== mediaType)
    throw refuse(what, `it was announced as ${mediaType} and calls itself ${own}`);
  const isIndex = 'manifests' in fields;
  if (isIndex && ('layers' in fields || 'config' in fields))
    throw refuse(what, 'it is index and manifest at once');
  const type = own || mediaType;
  const fitting = isIndex ? [OCI_INDEX, DOCKER_LIST] : [OCI_MANIFEST, DOCKER_MANIFEST];
  if (type !== '' && !fitting.includes(type))
    throw refuse(what, `it is of the type ${type}, which is no image`);
}

/**
 * An index or a manifest, in OCI's form or Docker's. mediaType: as the server or a descriptor calls it, "" for not at all.
 * Throws TLXC_E_IMAGE for anything else, and where it could be read in two ways.
 */
export function parseDocument(bytes: Buffer, mediaType: string, what: string): Document {
  const fields = parseJson(bytes, what);
  checkType(fields, mediaType, what);
  if ('manifests' in fields) {
    const entries = listOf(fields['manifests'], what, MAX_ENTRIES);
    return { kind: 'index', entries: entries.map((entry) => parseEntry(entry, what)) };
  }
  const config = parseDescriptor(fields['config'], what);
  if (!CONFIG_TYPES.includes(config.mediaType))
    throw refuse(
      what,
      `its configuration is of the type ${config.mediaType || '""'}, so it is no container's image`,
    );
  const layers = listOf(fields['layers'], what, MAX_LAYERS).map((layer) => parseDescriptor(layer, what));
  for (const layer of layers) compressionOf(layer, what);
  return { kind: 'manifest', config, layers };
}

/** What a layer is compressed with, by its media type. Throws TLXC_E_IMAGE for what is no layer of files. */
export function compressionOf({ mediaType }: Descriptor, what: string): 'gzip' | 'zstd' | 'none' {
  const [known, compression] = LAYER_TYPES.exec(mediaType) ?? [];
  if (known === undefined)
    throw refuse(what, `it has a layer of the type ${mediaType || '""'}, which is not known here`);
  return compression === 'gzip' || compression === 'zstd' ? compression : 'none';
}
