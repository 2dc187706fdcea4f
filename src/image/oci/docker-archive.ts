/** What docker save wrote before it wrote image layouts: manifest.json, which names a configuration and layers by their paths. */
import { createHash } from 'node:crypto';
import { TlxcError } from '../../errors.ts';
import { isFields } from '../json.ts';
import { hexOf, OCI_MANIFEST, refuse, type Descriptor } from './documents.ts';
import { copyVerified, Layout, readSmall } from './layout.ts';
import type { LocalFiles } from './local-files.ts';
import { MAX_DOCUMENT, MAX_LAYER, type ImageOrigin, type LayerRequest, type RawDocument } from './origin.ts';
import type { LocalReference } from './reference.ts';

const MANIFEST = 'manifest.json';
const CONFIG_TYPE = 'application/vnd.docker.container.image.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

interface Saved {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : [];

function parseSaved(bytes: Buffer, what: string): Saved[] {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw refuse(what, `${MANIFEST} is no JSON`);
  }
  return (Array.isArray(value) ? (value as readonly unknown[]) : []).flatMap((each) => {
    if (!isFields(each) || typeof each['Config'] !== 'string') return [];
    return [{ config: each['Config'], tags: strings(each['RepoTags']), layers: strings(each['Layers']) }];
  });
}

/** The origin for an archive of either kind. */
export async function archiveOrigin(reference: LocalReference, files: LocalFiles): Promise<ImageOrigin> {
  const saved = await readSmall(files, MANIFEST, MAX_DOCUMENT);
  const isLayout = saved === null || (await readSmall(files, 'index.json', MAX_DOCUMENT)) !== null;
  return isLayout ? new Layout(reference, files) : new DockerArchive(reference, files, saved);
}

class DockerArchive implements ImageOrigin {
  readonly title: string;
  #config: Buffer = Buffer.alloc(0);
  /** Digest to path. */
  readonly #paths = new Map<string, string>();

  constructor(
    readonly reference: LocalReference,
    readonly files: LocalFiles,
    readonly manifest: Buffer,
  ) {
    this.title = reference.title;
  }

  /** A manifest made of what the archive says: it has none with digests of its own. */
  async top(): Promise<RawDocument> {
    const saved = this.#chosen();
    this.#config = (await readSmall(this.files, saved.config, MAX_DOCUMENT)) ?? Buffer.alloc(0);
    const layers = await this.#describe(saved.layers);
    const config = { mediaType: CONFIG_TYPE, digest: digestOf(this.#config), size: this.#config.length };
    const fields = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers };
    return { bytes: Buffer.from(JSON.stringify(fields)), mediaType: OCI_MANIFEST };
  }

  #chosen(): Saved {
    const { tag, path } = this.reference;
    const all = parseSaved(this.manifest, this.title);
    const found =
      tag === null ? all : all.filter(({ tags }) => tags.some((each) => each.endsWith(`:${tag}`)));
    const [only] = found;
    if (only && found.length === 1) return only;
    throw new TlxcError({
      code: 'TLXC_E_IMAGE',
      message: `${path} holds ${found.length} images${tag === null ? '' : ` with the tag ${tag}`}, not one`,
      hint: `it has ${
        all
          .flatMap(({ tags }) => tags)
          .sort()
          .join(', ') || 'no tags'
      }`,
    });
  }

  async #describe(paths: readonly string[]): Promise<Descriptor[]> {
    const found = new Map<string, Descriptor>();
    await this.files.each(paths, async (path, content) => {
      const hash = createHash('sha256');
      let size = 0;
      for await (const chunk of content) {
        size += chunk.length;
        if (size > MAX_LAYER) throw refuse(this.title, `${path} is larger than ${MAX_LAYER} bytes`);
        hash.update(chunk);
      }
      const digest = `sha256:${hash.digest('hex')}`;
      this.#paths.set(digest, path);
      found.set(path, { mediaType: LAYER_TYPE, digest, size });
    });
    return paths.map((path) => {
      const descriptor = found.get(path);
      if (descriptor) return descriptor;
      throw refuse(this.title, `the layer ${path} is missing, or no plain file`);
    });
  }

  document({ digest, mediaType }: Descriptor): Promise<RawDocument> {
    if (digestOf(this.#config) === digest) return Promise.resolve({ bytes: this.#config, mediaType });
    return Promise.reject(refuse(this.title, `it has no ${hexOf(digest)}`));
  }

  async layer(request: LayerRequest): Promise<void> {
    const path = this.#paths.get(request.descriptor.digest) ?? '';
    const copied = await this.files.each([path], (_, content) => copyVerified(content, this.title, request));
    if (copied === 0) throw refuse(this.title, `${path} is missing`);
  }
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
