/** An OCI image layout on this machine (image-layout.md): index.json and blobs, in a directory or a tar archive. */
import { createHash } from 'node:crypto';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TlxcError } from '../../errors.ts';
import { hexOf, parseDocument, refuse, type Descriptor, type IndexEntry } from './documents.ts';
import type { LocalFiles } from './local-files.ts';
import { MAX_DOCUMENT, MAX_LAYER, type ImageOrigin, type LayerRequest, type RawDocument } from './origin.ts';
import type { LocalReference } from './reference.ts';

const INDEX = 'index.json';
const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** The whole of a small file; null where there is none. Throws TLXC_E_IMAGE for one beyond limit bytes. */
export async function readSmall(files: LocalFiles, path: string, limit: number): Promise<Buffer | null> {
  let found: Buffer | null = null;
  await files.each([path], async (_, content) => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of content) {
      size += chunk.length;
      if (size > limit) throw refuse(path, `it has more than ${limit} bytes`);
      chunks.push(chunk);
    }
    found = Buffer.concat(chunks);
  });
  return found;
}

/** Writes a file's bytes to destination while they are counted and hashed. Throws TLXC_E_IMAGE where they are others. */
export async function copyVerified(
  content: AsyncIterable<Buffer>,
  what: string,
  request: LayerRequest,
): Promise<void> {
  const { descriptor, destination, onProgress } = request;
  if (descriptor.size > MAX_LAYER)
    throw refuse(what, `the layer ${descriptor.digest} is larger than ${MAX_LAYER} bytes`);
  const hash = createHash('sha256');
  await mkdir(dirname(destination), { recursive: true, mode: 0o700 });
  const handle = await open(destination, 'w', 0o600);
  let size = 0;
  try {
    for await (const chunk of content) {
      size += chunk.length;
      if (size > descriptor.size) break;
      hash.update(chunk);
      await handle.writeFile(chunk);
      onProgress(size, descriptor.size);
    }
  } finally {
    await handle.close();
  }
  const digest = hash.digest('hex');
  const { size: wanted } = descriptor;
  if (size !== wanted)
    throw refuse(what, `${descriptor.digest} has ${size > wanted ? 'more' : size} bytes, not ${wanted}`);
  if (digest !== hexOf(descriptor.digest))
    throw refuse(what, `SHA-256 is ${digest}, and ${hexOf(descriptor.digest)} was announced`);
}

export class Layout implements ImageOrigin {
  readonly title: string;

  constructor(
    readonly reference: LocalReference,
    readonly files: LocalFiles,
  ) {
    this.title = reference.title;
  }

  async top(): Promise<RawDocument> {
    const bytes = await readSmall(this.files, INDEX, MAX_DOCUMENT);
    if (bytes === null) {
      throw new TlxcError({
        code: 'TLXC_E_IMAGE',
        message: `${this.title}: ${this.reference.path} is no OCI image layout: it has no ${INDEX}`,
        path: this.reference.path,
        hint: 'name a directory that has one; an archive is written oci-archive:FILE',
      });
    }
    const index = parseDocument(bytes, '', `${this.reference.path}/${INDEX}`);
    if (index.kind !== 'index') throw refuse(this.title, `${INDEX} is no index`);
    return this.document(this.#tagged(index.entries));
  }

  #tagged(entries: readonly IndexEntry[]): IndexEntry {
    const { tag, path } = this.reference;
    // The same tag for several platforms is written by no tool: they go into an index of their own.
    const found = tag === null ? entries : entries.filter(({ refName }) => isTag(refName, tag));
    const [only] = found;
    if (only && found.length === 1) return only;
    const tags = entries.map(({ refName }) => refName || 'one without a tag').sort();
    throw new TlxcError({
      code: 'TLXC_E_IMAGE',
      message:
        tag === null || found.length > 1
          ? `${path} holds ${found.length} images${tag === null ? '' : ` with the tag ${tag}`}, not one`
          : `${path} has no image with the tag ${tag}`,
      hint:
        tags.length === 0 ? 'it is empty' : `it has ${tags.join(', ')}: ${this.reference.kind}:${path}:TAG`,
    });
  }

  async document({ digest, size, mediaType }: Descriptor): Promise<RawDocument> {
    if (size > MAX_DOCUMENT) throw refuse(this.title, `${digest} is larger than ${MAX_DOCUMENT} bytes`);
    const bytes = await readSmall(this.files, pathOf(digest), size);
    if (bytes === null) throw refuse(this.title, `${pathOf(digest)} is missing`);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (bytes.length !== size || found !== hexOf(digest))
      throw refuse(this.title, `the SHA-256 of ${pathOf(digest)} is ${found}`);
    return { bytes, mediaType };
  }

  async layer(request: LayerRequest): Promise<void> {
    const path = pathOf(request.descriptor.digest);
    const copied = await this.files.each([path], (_, content) => copyVerified(content, this.title, request));
    if (copied === 0) throw refuse(this.title, `${path} is missing`);
  }
}

/** buildah writes the whole name, docker and skopeo the tag. */
const isTag = (refName: string, tag: string): boolean => refName === tag || refName.endsWith(`:${tag}`);
