import type { Gauge, OnStage, Stage } from '../gauge.ts';

/** What happens while an image is prepared; the command line turns it into words. */
export type ImageEvent =
  /** The server's list of images is read. */
  | {
      readonly kind: 'index';
      readonly server: string;
      /** HOST:PORT, "" without one. */ readonly proxy: string;
    }
  /** A registry, or a place on this machine, is asked what the image is made of. */
  | { readonly kind: 'resolve'; readonly image: string }
  | {
      readonly kind: 'download';
      /** "rootfs", "metadata", "layer 2 of 5". */
      readonly what: string;
      readonly received: number;
      readonly total: number | null;
    }
  /** Another command makes the same image. */
  | { readonly kind: 'waiting'; readonly image: string }
  | { readonly kind: 'unpack'; readonly image: string }
  /** It did not do, and the next one is asked. */
  | { readonly kind: 'failed-server'; readonly server: string; readonly reason: string }
  /** A build that is older than one in the store; it is taken all the same. */
  | {
      readonly kind: 'older';
      readonly server: string;
      readonly image: string;
      readonly build: string;
      readonly stored: string;
    }
  /** The store has it. */
  | { readonly kind: 'cached'; readonly image: string }
  /** Not removed, though asked: a container uses it. */
  | { readonly kind: 'kept'; readonly image: string }
  | { readonly kind: 'build'; readonly image: string }
  /** It becomes one file. */
  | { readonly kind: 'pack'; readonly image: string }
  /** How far that is which was told last, or the copying of what was found. */
  | { readonly kind: 'stage'; readonly stage: Stage; readonly gauge: Gauge }
  /** A line that a template's program wrote. */
  | { readonly kind: 'output'; readonly line: string };

/** Told of downloads and unpacking as they go. */
export type OnImageEvent = (event: ImageEvent) => void;

/** The stages of a piece of work among them. */
export const asEvents =
  (onEvent: OnImageEvent): OnStage =>
  (stage, gauge) =>
    onEvent({ kind: 'stage', stage, gauge });
