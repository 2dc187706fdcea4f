/** Which backend a container gets: -B, LXC's names and prefixes of them. */
import { TlxcError, usageError } from '../errors.ts';
import type { Backend, Circumstances, VolumeOptions } from './backend.ts';
import { btrfsBackend } from './btrfs.ts';
import { dirBackend } from './dir.ts';
import { NO_FILESYSTEM } from './filesystem.ts';
import { NO_SIZE } from './limited.ts';
import { loopBackend } from './loop.ts';
import { lvmBackend } from './lvm.ts';
import { overlayBackend } from './overlay.ts';
import { erofsBackend, squashfsBackend } from './packed.ts';
import { rbdBackend } from './rbd.ts';
import { zfsBackend } from './zfs.ts';

/** All there are. */
const backends: readonly Backend[] = [
  dirBackend,
  overlayBackend,
  btrfsBackend,
  loopBackend,
  lvmBackend,
  zfsBackend,
  rbdBackend,
  squashfsBackend,
  erofsBackend,
];

/** What -B takes, by the names that TLXC itself uses. */
export const BACKEND_NAMES: readonly string[] = ['best', ...backends.map(({ name }) => name)];

export interface BackendChoice extends Circumstances {
  readonly options: VolumeOptions;
  /** As -B was given; null: best. */
  readonly asked: string | null;
}

/** What -B takes, in the order in which LXC looks for what a prefix means, and what each is. */
const NAMES: Readonly<Record<string, string>> = {
  ...{ best: 'best', dir: 'dir', none: 'dir', overlay: 'overlay', overlayfs: 'overlay', btrfs: 'btrfs' },
  ...{ zfs: 'zfs', lvm: 'lvm', loop: 'loop', rbd: 'rbd', nbd: 'nbd' },
  ...{ squashfs: 'squashfs', erofs: 'erofs' },
};

/** From the best on, for containers from images: none of them is copied. */
const BEST = ['overlay', 'dir'];

const NONE = 'is one that TLXC does not have';

const NOT_TAKEN = 'takes no';

function hintFor(obstacle: string): string {
  if (obstacle.startsWith(NO_SIZE))
    return 'ask for no size (--fssize), or take loop (-B), a filesystem with a size of its own';
  if (obstacle.includes('--rbduser')) return 'set it for all of them: lxc.bdev.rbd.rbduser in tlxc.conf';
  if (obstacle.startsWith(NOT_TAKEN)) return 'leave that away, or take a backing store that has it (-B)';
  if (obstacle.startsWith(NO_FILESYSTEM)) return 'ask for one of these (--fstype)';
  return 'take dir, overlay, or best, which is the best that the host can do (-B)';
}

const unsupported = (name: string, obstacle: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `backing store ${name} ${obstacle}`,
    hint: hintFor(obstacle),
  });

/** The backend of this name, as lxc.rootfs.path has it; undefined where TLXC has none. */
export const backendNamed = (name: string): Backend | undefined =>
  backends.find((backend) => backend.name === name);

/** Prefixes of a name stand for it. Throws TLXC_E_USAGE for what is none. */
export function backendName(text: string): string {
  const known = Object.keys(NAMES).find((name) => text !== '' && name.startsWith(text));
  if (known) return NAMES[known] ?? known;
  throw usageError(
    `${text} is not a valid backing storage type`,
    `there are ${backends.map(({ name }) => name).join(', ')} and best`,
  );
}

/** The backend for the root filesystem of an existing container, or one that -B names. Throws TLXC_E_UNSUPPORTED. */
export function backendFor(name: string): Backend {
  const backend = backendNamed(name);
  if (backend) return backend;
  throw unsupported(name, NONE);
}

/** An option that means nothing to the backend; null: there is none. */
function untaken({ takes }: Backend, options: VolumeOptions): string | null {
  const name = (Object.keys(options) as (keyof VolumeOptions)[]).find((each) => !takes.includes(each));
  if (name === undefined) return null;
  const those = backends.filter((backend) => backend.takes.includes(name)).map((backend) => backend.name);
  return `${NOT_TAKEN} ${name} (--${name}): that is only valid with ${those.join(', ')}`;
}

/** Throws TLXC_E_UNSUPPORTED where the backend cannot hold another container there. */
export async function refuseObstacle(
  backend: Backend,
  options: VolumeOptions,
  circumstances: Circumstances,
): Promise<void> {
  const obstacle = untaken(backend, options) ?? (await backend.obstacle(circumstances, options));
  if (obstacle !== null) throw unsupported(backend.name, obstacle);
}

/** Throws TLXC_E_USAGE for a type that is none, TLXC_E_UNSUPPORTED for one that this host or TLXC cannot do. */
export async function chooseBackend({ asked, options, ...circumstances }: BackendChoice): Promise<Backend> {
  const names = (asked ?? 'best').split(',').map(backendName);
  const problems: TlxcError[] = [];
  for (const name of names.flatMap((each) => (each === 'best' ? BEST : [each]))) {
    const backend = backendNamed(name);
    const obstacle = backend
      ? (untaken(backend, options) ?? (await backend.obstacle(circumstances, options)))
      : NONE;
    if (backend && obstacle === null) return backend;
    problems.push(unsupported(name, obstacle ?? ''));
  }
  throw problems[0] ?? unsupported(asked ?? '', 'is empty');
}
