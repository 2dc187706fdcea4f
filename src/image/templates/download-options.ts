/** The download template's options: LXC's. */
import { TlxcError } from '../../errors.ts';
import { parseTemplateArgs } from './template.ts';

export interface DownloadOptions {
  readonly dist: string;
  readonly release: string;
  readonly arch: string;
  /** "default" where none was named. */
  readonly variant: string;
  readonly server: string;
  readonly list: boolean;
  readonly help: boolean;
  readonly flushCache: boolean;
  readonly forceCache: boolean;
  readonly offline: boolean;
}

export const usage = `Template options of download (after --):
  -d, --dist=DISTRIBUTION   Distribution (default: the host's)
  -r, --release=RELEASE     Its release, by name or number
  -a, --arch=ARCHITECTURE   Architecture (default: the host's)
      --variant=VARIANT     Variant of the image (default: default)
      --server=SERVER       Image server: a host name, https:// or http:// URL
  -l, --list                List the server's images, narrowed by the options above
      --flush-cache         Remove the stored image first, unless a container uses it
      --force-cache         Use the stored image even when it has expired
      --offline             Use no network: only what the store has, even when it has expired
  -h, --help                This text
Every image is verified by its SHA-256.
`;

const GONE = ['no-validate', 'keyid', 'keyserver'];

export function parseDownloadArgs(args: readonly string[]): DownloadOptions {
  const gone = GONE.find((name) => args.some((arg) => arg.split('=')[0] === `--${name}`));
  if (gone !== undefined) {
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `template download: --${gone} does not exist here`,
      hint: 'images are always verified, by the SHA-256 that the server gives over HTTPS, and by OpenPGP with the keys of tlxc.image.keyring',
    });
  }
  const values = parseTemplateArgs('download', args, {
    dist: { type: 'string', short: 'd' },
    release: { type: 'string', short: 'r' },
    arch: { type: 'string', short: 'a' },
    variant: { type: 'string' },
    server: { type: 'string' },
    list: { type: 'boolean', short: 'l' },
    help: { type: 'boolean', short: 'h' },
    'flush-cache': { type: 'boolean' },
    'force-cache': { type: 'boolean' },
    offline: { type: 'boolean' },
  });
  return {
    dist: values.dist ?? '',
    release: values.release ?? '',
    arch: values.arch ?? '',
    variant: values.variant ?? 'default',
    server: values.server ?? '',
    list: values.list === true,
    help: values.help === true,
    flushCache: values['flush-cache'] === true,
    forceCache: values['force-cache'] === true,
    offline: values.offline === true,
  };
}
