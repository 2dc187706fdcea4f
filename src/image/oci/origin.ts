/** Where an image comes from, a registry or a place on this machine: what the pull asks of it. */
import type { Descriptor } from './documents.ts';

export interface RawDocument {
  readonly bytes: Buffer;
  /** As the origin calls it; "" where it does not. */
  readonly mediaType: string;
}

export interface LayerRequest {
  readonly descriptor: Descriptor;
  readonly destination: string;
  readonly onProgress: (received: number, total: number | null) => void;
}

export interface ImageOrigin {
  /** For people: docker://docker.io/library/debian:12. */
  readonly title: string;
  /** Index or manifest, by the tag or digest that was asked for. Throws TLXC_E_IMAGE. */
  top(): Promise<RawDocument>;
  /** A manifest or configuration, its digest and size checked. */
  document(descriptor: Descriptor): Promise<RawDocument>;
  /** A layer as it was stored, its digest and size checked, in a file of ours. */
  layer(request: LayerRequest): Promise<void>;
}

/** No manifest or configuration larger than this is read. */
export const MAX_DOCUMENT = 4 * 2 ** 20;
/** Nor a layer. */
export const MAX_LAYER = 16 * 2 ** 30;
