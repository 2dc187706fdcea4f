/** Brings an image into the store: of an image server, or of a registry, an image layout or an archive of one. */
import type { SystemConfig } from '../../config/model.ts';
import { TlxcError } from '../../errors.ts';
import { fetchImage } from '../../image/fetch-image.ts';
import { hostDistribution } from '../../image/host-distribution.ts';
import { chooseProduct, type Product, type Wanted } from '../../image/product.ts';
import { asEvents, type OnImageEvent } from '../../image/progress.ts';
import { serverUrl } from '../../image/server.ts';
import type { ImageStore, StoredImage } from '../../image/store.ts';
import { inWords, openStore, type ImagePlace } from './images.ts';

export interface PullRequest extends ImagePlace {
  readonly onEvent: OnImageEvent;
  /** What servers are asked, in turn. */
  readonly servers: readonly URL[];
}

/** Throws where tlxc.image.offline forbids what the person asks for. */
export function refuseOffline({ imageOffline }: SystemConfig): void {
  if (!imageOffline) return;
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: 'offline: no image server is asked',
    hint: 'tlxc.image.offline = 0 in tlxc.conf lets servers be asked; tlxc-image list shows what is stored',
  });
}

/** Those of tlxc.image.server, or the one that is given instead; "" for none. */
export const serversOf = ({ imageServers }: SystemConfig, server: string): URL[] =>
  (server === '' ? imageServers : [server]).map(serverUrl);

/** Whether a word names an image of a registry, layout or archive, rather than a distribution. */
export const isReference = (word: string): boolean => /^(docker|https?|oci|(oci|docker)-archive):/.test(word);

/** One that was stored before may be a tree. */
const inForm = async (store: ImageStore, pulled: Promise<StoredImage>, onEvent: OnImageEvent) =>
  store.pack(await pulled, onEvent);

/** docker://debian:12 and the like; relative paths begin in cwd. Throws TLXC_E_IMAGE, TLXC_E_STORAGE, TLXC_E_USAGE. */
export async function pullReference(
  request: Omit<PullRequest, 'servers'>,
  { text, arch = hostDistribution().arch, cwd }: { text: string; arch?: string | undefined; cwd: string },
): Promise<StoredImage> {
  const { openOrigin } = await import('../../image/oci/open-origin.ts');
  const { parsePlatformName } = await import('../../image/oci/platform.ts');
  const { pullImage } = await import('../../image/oci/pull.ts');
  const { parseReference } = await import('../../image/oci/reference.ts');
  const { system, environment, onEvent } = request;
  const reference = parseReference(text, cwd);
  const platform = parsePlatformName(arch);
  if (reference.kind === 'registry') refuseOffline(system);
  const store = openStore(request);
  await store.sweep(asEvents(onEvent));
  const how = { platform, store, mapping: store.mapping, privileged: false, anew: false, onEvent };
  const pulled = openOrigin(reference, { environment, ca: system.imageCa }).then((origin) =>
    pullImage({ origin, ...how }),
  );
  return inWords(
    `the image could not be stored in ${system.cacheDir}`,
    inForm(store, pulled, onEvent),
    system.cacheDir,
  );
}

/** debian bookworm and the like; the newest build. Throws TLXC_E_IMAGE, TLXC_E_STORAGE. */
export async function pullRelease(request: PullRequest, wanted: Wanted): Promise<StoredImage> {
  const { system, environment, servers, onEvent } = request;
  refuseOffline(system);
  const store = openStore(request);
  await store.sweep(asEvents(onEvent));
  const { imageKeyring: keyring, imageCa: ca } = system;
  const fetching = { ...{ store, keyring, ca, onEvent }, privileged: false, mapping: store.mapping };
  const complete = { ...wanted, arch: wanted.arch || hostDistribution().arch };
  const choose = (products: readonly Product[], server: URL) =>
    chooseProduct(products, complete, server.host);
  const pulled = fetchImage(servers, choose, { ...fetching, environment });
  return inWords(
    `the image could not be stored in ${system.cacheDir}`,
    inForm(store, pulled, onEvent),
    system.cacheDir,
  );
}
