/** The oci template: an OCI or Docker image of a registry or of this machine, by the options of LXC's own. */
import { TlxcError, usageError } from '../../errors.ts';
import { workingDirectory } from '../../working-directory.ts';
import type { Platform } from '../oci/documents.ts';
import { openOrigin } from '../oci/open-origin.ts';
import { parsePlatformName, platformText } from '../oci/platform.ts';
import { pullImage } from '../oci/pull.ts';
import { parseReference, type ImageReference } from '../oci/reference.ts';
import type { ImageStore, StoredImage } from '../store.ts';
import { parseTemplateArgs, type Template, type TemplateRequest, type TemplateResult } from './template.ts';

const usage = `Template options of oci (after --):
  -u, --url=IMAGE           docker://[HOST[:PORT]/]NAME[:TAG][@DIGEST] of a registry
                            (docker://debian:12 is Docker Hub's; http:// instead of docker://
                            where a registry has no TLS), oci:DIRECTORY[:TAG],
                            oci-archive:FILE[:TAG], docker-archive:FILE[:TAG]
  -a, --arch=ARCHITECTURE   amd64, arm64, arm/v7 … (default: the host's)
      --username=NAME       For the registry
      --password=PASSWORD   Everybody on this host can read it while the command runs:
                            --authfile is better
      --authfile=FILE       Where podman login or docker login stored them
                            (default: where these do)
      --no-cache            Fetch the image anew, even if it is stored
      --offline             Use no network: only what the store has
      --dhcp                Fail where TLXC's bridge does not give the container its address,
                            as it does unasked
  -h, --help                This text
Every manifest, configuration and layer is verified by its SHA-256.
`;

export const ociTemplate: Template = { name: 'oci', usage, prepare };

interface OciOptions {
  readonly reference: ImageReference;
  readonly platform: Platform;
  readonly username: string;
  readonly password: string;
  readonly authFile: string;
  readonly noCache: boolean;
  readonly offline: boolean;
  readonly dhcp: boolean;
}

const misuse = (message: string, hint?: string): TlxcError =>
  usageError(`template oci: ${message}`, hint ?? 'its options: tlxc-create -n NAME -t oci -- --help');

/** null: --help. Throws TLXC_E_USAGE. */
function parseOptions(args: readonly string[]): OciOptions | null {
  const values = parseTemplateArgs('oci', args, {
    url: { type: 'string', short: 'u' },
    arch: { type: 'string', short: 'a' },
    username: { type: 'string' },
    password: { type: 'string' },
    authfile: { type: 'string' },
    'no-cache': { type: 'boolean' },
    offline: { type: 'boolean' },
    dhcp: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return null;
  const { url = '', username = '', password = '' } = values;
  if (url === '') throw misuse('no OCI URL given', 'name one (-- --url docker://debian:12)');
  if (password !== '' && username === '') throw misuse('password given but no username specified');
  if (username.includes(':')) throw misuse('a name has no colon');
  return {
    reference: parseReference(url, workingDirectory()),
    platform: parsePlatformName(values.arch ?? process.arch),
    ...{ username, password },
    authFile: values.authfile ?? '',
    noCache: values['no-cache'] === true,
    offline: values.offline === true,
    dhcp: values.dhcp === true,
  };
}

/** The words as they may be written down. */
function withoutSecrets(args: readonly string[]): string[] {
  return args.flatMap((word, index) => {
    if (args[index - 1] === '--password') return ['…'];
    return [word.startsWith('--password=') ? '--password=…' : word];
  });
}

async function prepare(request: TemplateRequest): Promise<TemplateResult> {
  const options = parseOptions(request.args);
  if (options === null) return { kind: 'text', text: usage };
  const { reference, platform } = options;
  const offline = (request.offline || options.offline) && reference.kind === 'registry';
  const image = offline ? stored(request.store, reference, platform) : await pulled(options, request);
  if (offline) request.onEvent({ kind: 'cached', image: reference.title });
  return {
    ...{ kind: 'image', image, metadata: image.info.metadata },
    title: `${reference.title} ${platformText(platform)}`,
    parameters: withoutSecrets(request.args),
    dhcp: options.dhcp,
  };
}

async function pulled(options: OciOptions, request: TemplateRequest): Promise<StoredImage> {
  const { environment, ca } = request;
  const origin = await openOrigin(options.reference, { ...options, environment, ca });
  const { store, mapping, privileged, onEvent } = request;
  const { platform, noCache: anew } = options;
  return pullImage({ origin, platform, store, mapping, privileged, anew, onEvent });
}

function stored(store: ImageStore, { title }: ImageReference, platform: Platform): StoredImage {
  const found = store
    .list()
    .filter(
      ({ info: { source } }) =>
        source.kind === 'oci' && source.reference === title && source.platform === platformText(platform),
    )
    .sort((a, b) => b.info.createdAt - a.info.createdAt)[0];
  if (found) return found;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `offline, and the store has no image ${title} for ${platformText(platform)}`,
    hint: 'what it has: tlxc-image list; tlxc.image.offline = 0 in tlxc.conf lets it be fetched',
  });
}
