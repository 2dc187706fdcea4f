/** A registry (distribution-spec): manifests and blobs over HTTPS, with a token or a password where it wants one. */
import { createHash } from 'node:crypto';
import { TlxcError } from '../../errors.ts';
import { download } from '../download.ts';
import { getBytes, TransferError, type HttpOptions } from '../http.ts';
import { authorize, wordsIn } from './authorization.ts';
import type { Found } from './credentials.ts';
import { DOCUMENT_TYPES, hexOf, refuse, type Descriptor } from './documents.ts';
import { MAX_DOCUMENT, MAX_LAYER, type ImageOrigin, type LayerRequest, type RawDocument } from './origin.ts';
import type { RegistryReference } from './reference.ts';

const SCHEMA_1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

export class Registry implements ImageOrigin {
  readonly title: string;
  #authorization: string | null = null;

  constructor(
    readonly reference: RegistryReference,
    readonly found: Found,
    readonly http: HttpOptions = {},
  ) {
    this.title = reference.title;
  }

  #url(what: 'manifests' | 'blobs', which: string): URL {
    const { base, repository } = this.reference;
    return new URL(`v2/${repository}/${what}/${which}`, base);
  }

  async top(): Promise<RawDocument> {
    const { digest, tag } = this.reference;
    const { bytes, headers } = await this.#document(this.#url('manifests', digest ?? tag), MAX_DOCUMENT);
    const mediaType = mediaTypeIn(headers['content-type']);
    // The digest of one of schema 1 is that of a part of it; it is refused by its name.
    const announced = digest ?? (SCHEMA_1.test(mediaType) ? undefined : headers['docker-content-digest']);
    if (typeof announced === 'string' && announced.startsWith('sha256:'))
      this.#check(bytes, announced, 'manifest');
    return { bytes, mediaType };
  }

  async document({ digest, size, mediaType }: Descriptor): Promise<RawDocument> {
    const what = DOCUMENT_TYPES.includes(mediaType) ? 'manifests' : 'blobs';
    if (size > MAX_DOCUMENT) throw refuse(this.title, `${digest} is larger than ${MAX_DOCUMENT} bytes`);
    const { bytes } = await this.#document(this.#url(what, digest), size, nameOf(what, digest));
    this.#check(bytes, digest, what === 'manifests' ? 'manifest' : 'configuration');
    if (bytes.length !== size)
      throw refuse(this.title, `${digest} has ${bytes.length} bytes, and ${size} were announced`);
    return { bytes, mediaType };
  }

  #check(bytes: Buffer, digest: string, what: string): void {
    const found = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (found !== digest)
      throw refuse(
        this.title,
        `the SHA-256 of its ${what} is ${hexOf(found)}, and ${hexOf(digest)} was announced`,
        'it was damaged on its way or in the registry',
      );
  }

  #document(url: URL, limit: number, part: string | null = null) {
    const accept = DOCUMENT_TYPES.join(', ');
    return this.#authorized(
      (authorization) => getBytes(url, limit, { ...this.http, headers: { ...authorization, accept } }),
      part,
    );
  }

  async layer({ descriptor, destination, onProgress }: LayerRequest): Promise<void> {
    const { digest, size } = descriptor;
    if (size > MAX_LAYER) throw refuse(this.title, `the layer ${digest} is larger than ${MAX_LAYER} bytes`);
    const url = this.#url('blobs', digest);
    const file = { path: url.pathname, sha256: hexOf(digest), size };
    await this.#authorized(
      (headers) =>
        download({ url, file, destination, limit: MAX_LAYER, onProgress }, { ...this.http, headers }),
      `its layer ${hexOf(digest)}`,
    ).catch((error: unknown) => {
      // What it says of other image servers is no help here.
      if (!(error instanceof TlxcError) || !error.message.includes('SHA-256')) throw error;
      throw refuse(
        this.title,
        `the layer ${hexOf(digest)} is not what its manifest says (SHA-256)`,
        'it was damaged on its way or in the registry; try again later',
      );
    });
  }

  /**
   * Runs work with the header that the registry took last; where it is refused, once more with a new one. part: what of an
   * image that is there; null: the image itself.
   */
  async #authorized<T>(
    work: (headers: Readonly<Record<string, string>>) => Promise<T>,
    part: string | null,
  ): Promise<T> {
    const headers = (): Record<string, string> =>
      this.#authorization === null ? {} : { authorization: this.#authorization };
    try {
      return await work(headers()).catch(async (error: unknown) => {
        const refusal = refusalIn(error);
        const { base, repository } = this.reference;
        // Where a redirect led to must not choose who is told the credentials.
        if (refusal?.status !== 401 || refusal.origin !== base.origin) throw error;
        const { credentials } = this.found;
        this.#authorization = await authorize({ refusal, base, repository, credentials, http: this.http });
        if (this.#authorization === null) throw error;
        return work(headers());
      });
    } catch (error) {
      const refusal = refusalIn(error);
      throw refusal === null ? error : this.#inWords(refusal, error as TlxcError, part);
    }
  }

  #inWords(refusal: TransferError, error: TlxcError, part: string | null): TlxcError {
    const { registry, base } = this.reference;
    const told = (message: string, hint: string): TlxcError =>
      new TlxcError({
        code: 'TLXC_E_IMAGE',
        message: `${message} (${refusal.message}${wordsIn(refusal)})`,
        hint,
        cause: refusal,
      });
    if (refusal.status === 401 || refusal.status === 403)
      return told(`${registry} does not let this image be pulled: ${this.title}`, this.#howToAuthorize());
    if (refusal.status === 404 && part !== null)
      return told(
        `${registry} has the image ${this.title}, but not ${part}`,
        'it is incomplete in the registry: pushing it again mends that; another tag may be whole',
      );
    if (refusal.status === 404)
      return told(
        `${registry} has no image ${this.title}`,
        'check name and tag; a private image looks like none to strangers',
      );
    if (refusal.status === 429)
      return told(`${registry} was asked too often${patience(refusal)}`, this.#howToAuthorize());
    const { code } = (refusal.cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO')
      return new TlxcError({
        code: 'TLXC_E_IMAGE',
        // OpenSSL's own words say nothing to anybody.
        message: `${base.host} speaks no TLS: ${this.title}`,
        hint: `where plain HTTP will do, write it out: http://${registry}/…`,
        cause: refusal,
      });
    return new TlxcError({ ...error.details, message: `${this.title}: ${error.message}` });
  }

  #howToAuthorize(): string {
    const { registry } = this.reference;
    const { credentials, elsewhere } = this.found;
    if (credentials !== null)
      return `the credentials for ${registry} are not good for it: those of ${credentials.username || 'the token'} were sent`;
    const how = `store some with podman login ${registry}, or give tlxc-create -- --username=NAME --password=PASSWORD`;
    return elsewhere === '' ? `none were found; ${how}` : `${elsewhere}; ${how}`;
  }
}

const nameOf = (what: 'manifests' | 'blobs', digest: string): string =>
  `its ${what === 'manifests' ? 'manifest' : 'configuration'} ${hexOf(digest)}`;

/** What the server did, below the words for it. */
const refusalIn = (error: unknown): TransferError | null =>
  error instanceof TlxcError && error.cause instanceof TransferError ? error.cause : null;

const mediaTypeIn = (header: string | string[] | undefined): string =>
  typeof header === 'string' ? (header.split(';')[0] ?? '').trim() : '';

function patience({ retryAfterMs }: TransferError): string {
  return retryAfterMs === null ? '' : `: it asks to wait ${Math.ceil(retryAfterMs / 1000)} seconds`;
}
