/** What the built-in templates have in common: how they are asked, and what they give. */
import { parseArgs, type ParseArgsConfig } from 'node:util';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import type { Mapping } from '../../host/mapped.ts';
import type { ImageMetadata } from '../metadata.ts';
import type { OnImageEvent } from '../progress.ts';
import type { ImageStore, StoredImage } from '../store.ts';

/** Lets a person pick one of several values; absent where nobody can be asked. */
export type Ask = (question: {
  readonly message: string;
  readonly choices: readonly string[];
  /** Offered first. */
  readonly preferred: string;
}) => Promise<string>;

export interface TemplateRequest {
  /** The words after "--". */
  readonly args: readonly string[];
  readonly store: ImageStore;
  /** The servers asked in turn where --server does not name another: tlxc.image.server. */
  readonly servers: readonly string[];
  /** Nothing is fetched: only what the store has (tlxc.image.offline). */
  readonly offline: boolean;
  /** Certificates that servers are trusted by as well (tlxc.image.ca); null: none. */
  readonly ca: string | null;
  /** OpenPGP keys that must have signed what a server says (tlxc.image.keyring); null: none need to. */
  readonly keyring: string | null;
  readonly privileged: boolean;
  /** A plain user's: files get the owners of this namespace. null: root makes them as they are. */
  readonly mapping: Mapping | null;
  readonly environment: Environment;
  readonly ask?: Ask;
  readonly onEvent: OnImageEvent;
  /** Whoever sits there sees what a template program writes: its failure does not say it once more. */
  readonly outputSeen?: boolean;
}

export type TemplateResult =
  | {
      readonly kind: 'image';
      readonly image: StoredImage;
      readonly metadata: ImageMetadata;
      /** For the container's configuration and for people: debian/bookworm/amd64/default 20260913_05:24. */
      readonly title: string;
      /** The words after "--" as they may be written down; absent: as they were given. */
      readonly parameters?: readonly string[];
      /** The person counts on an address by DHCP. */
      readonly dhcp?: boolean;
    }
  /** The template was only asked for text (--list, --help): no container is made. */
  | { readonly kind: 'text'; readonly text: string };

export interface Template {
  readonly name: string;
  readonly usage: string;
  prepare(request: TemplateRequest): Promise<TemplateResult>;
}

type Options = NonNullable<ParseArgsConfig['options']>;

/** What parseArgs finds of the options T. */
type Values<T extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: T }>>['values'];

/** Template options by parseArgs; throws TLXC_E_USAGE for what the template does not know. */
export function parseTemplateArgs<T extends Options>(
  name: string,
  args: readonly string[],
  options: T,
): Values<T> {
  try {
    return parseArgs({ args: [...args], options, strict: true as const, allowPositionals: false as const })
      .values;
  } catch (cause) {
    const why = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause);
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `template ${name}: ${why}`,
      hint: `its options: tlxc-create -n NAME -t ${name} -- --help`,
      cause,
    });
  }
}
