/** An image server that offers less than the store has already. */
import { TlxcError } from '../errors.ts';
import type { OnImageEvent } from './progress.ts';
import type { ImageSource, ImageStore } from './store.ts';
import { isSigned } from './stored-image.ts';

type DownloadSource = Extract<ImageSource, { kind: 'download' }>;

const NAMES = ['dist', 'release', 'arch', 'variant'] as const;

/** The newest build of that name in the store; "": none. Where a key is pinned, only what was signed can be a step back from. */
function newestStored({ store, keyring }: RollbackCheck, offered: DownloadSource): string {
  const builds = store.list().flatMap(({ info }) => {
    const { source } = info;
    if (keyring !== null && !isSigned(info)) return [];
    const isSame = source.kind === 'download' && NAMES.every((name) => source[name] === offered[name]);
    return isSame ? [source.build] : [];
  });
  return builds.sort().at(-1) ?? '';
}

export interface RollbackCheck {
  readonly store: ImageStore;
  /** As Fetching has it. */
  readonly keyring: string | null;
  readonly onEvent: OnImageEvent;
}

/**
 * Who holds an update back, or brings a build back that is known to be broken, needs no key for that: what was signed once stays signed. Where
 * a key is pinned, a build older than one in the store is refused (TLXC_E_IMAGE); else it is told of.
 */
export function checkBuild(offered: DownloadSource, server: URL, check: RollbackCheck): void {
  const { keyring, onEvent } = check;
  const newest = newestStored(check, offered);
  if (newest <= offered.build) return;
  const name = NAMES.map((part) => offered[part]).join('/');
  if (keyring === null) {
    onEvent({ kind: 'older', server: server.host, image: name, build: offered.build, stored: newest });
    return;
  }
  throw new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${server.host} offers ${name} ${offered.build}, which is older than the build ${newest} of the store: refused`,
    hint: 'it may lag behind, or hold an update back: the stored build can be had without it (--offline), and another server (--server) may have a newer one',
  });
}
