/** Which backend a container gets: -B, LXC's names and prefixes of them. */
import { statfs } from 'node:fs/promises';
import { TlxcError } from '../errors.ts';
import type { HostFacts } from '../host/facts.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import type { RootfsBackend } from './backend.ts';
import { dirBackend } from './dir.ts';
import { overlayBackend } from './overlay.ts';

export interface BackendChoice {
  /** As -B was given; null: best. */
  readonly asked: string | null;
  readonly host: HostFacts;
  readonly idmapped: boolean;
  /** The directory that will hold the container. */
  readonly lxcpath: string;
}

const NAMES = ['best', 'dir', 'none', 'overlay', 'overlayfs', 'btrfs', 'zfs', 'lvm', 'loop', 'rbd', 'nbd'];
const NOT_BUILT = ['btrfs', 'zfs', 'lvm', 'loop', 'rbd', 'nbd'];
const OVERLAYFS_MAGIC = 0x794c7630;

/** Throws TLXC_E_USAGE for a type that is none, TLXC_E_UNSUPPORTED for one that this host or TLXC cannot do. */
export async function chooseBackend(choice: BackendChoice): Promise<RootfsBackend> {
  const asked = (choice.asked ?? 'best').split(',').map(fullName);
  const problems: TlxcError[] = [];
  for (const name of asked) {
    if (name === 'dir' || name === 'none') return dirBackend;
    const obstacle = NOT_BUILT.includes(name) ? 'is not built yet' : await overlayObstacle(choice);
    if (obstacle === null) return overlayBackend;
    if (name === 'best') return dirBackend;
    problems.push(unsupported(name, obstacle));
  }
  throw problems[0] ?? unsupported(choice.asked ?? '', 'is empty');
}

const unsupported = (name: string, obstacle: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `backing store ${name} ${obstacle}`,
    hint: 'use -B dir, -B overlay, or -B best, which takes the best that the host can do',
  });

/** Prefixes of a name stand for it, as LXC has it. */
function fullName(text: string): string {
  const name = NAMES.find((known) => text !== '' && known.startsWith(text));
  if (name) return name;
  throw new TlxcError({
    code: 'TLXC_E_USAGE',
    message: `${text} is not a valid backing storage type`,
    hint: 'there are dir, overlay and best',
  });
}

/** Why an overlay cannot be used; null where it can. */
async function overlayObstacle({ host, idmapped, lxcpath }: BackendChoice): Promise<string | null> {
  if (!host.overlay) return 'cannot be used: this kernel has no overlayfs';
  if (host.user === null && idmapped && !host.overlayOnIdmapped)
    return `cannot be used unprivileged: Linux ${host.kernelRelease} has no overlayfs on idmapped layers (5.19 has)`;
  if (host.user !== null && !kernelAtLeast(host.kernelRelease, 5, 11))
    return `cannot be used by users: Linux ${host.kernelRelease} lets only root mount an overlayfs (5.11 others, too)`;
  const { type } = await statfs(lxcpath);
  return type === OVERLAYFS_MAGIC ? `cannot be used: ${lxcpath} lies on an overlay itself` : null;
}
