/** rbd: an image of a Ceph cluster with a filesystem, mapped as /dev/rbd/POOL/NAME. Told by rbd(8). */
import { existsSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import { isInstalled } from '../host/packers.ts';
import { runProgram } from '../host/program.ts';
import { obstacleToDevices } from '../host/user-namespace.ts';
import type { Backend, CopyHow, NewRootfs, Place } from './backend.ts';
import { deviceView, fillDevice, mayShareBlocks, onDevice } from './device.ts';
import { DEFAULT_SIZE, filesystemObstacle, filesystemOf } from './filesystem.ts';
import { claimVolume, freeName } from './outside.ts';
import { answerOf, complaintOf, finds, succeeds, tell, tellWithin } from './tool.ts';
import type { View } from './view.ts';

const MIB = 1024 ** 2;

type Settings = Readonly<Record<string, string>>;

/** rbd, as the user that the settings name. */
function words(settings: Settings): readonly string[] {
  const user = settings['lxc.bdev.rbd.rbduser'] ?? '';
  return user === '' ? ['rbd'] : ['rbd', '--user', user];
}

const MARK = 'tlxc.made-for';
const exists = (rbd: readonly string[], image: string): Promise<boolean> =>
  finds(/No such file or directory/, ...rbd, 'info', image);

/** POOL/NAME, as rbd takes it. */
const nameOf = (device: string): string => device.replace(/^\/dev\/rbd\//, '');
/** Of a device or an image. */
const poolOf = (device: string): string => nameOf(device).split('/')[0] ?? '';

/** What rbd info tells of an image. */
interface Image {
  readonly size: number;
  /** What it lies over. */
  readonly parent?: { readonly pool: string; readonly image: string; readonly snapshot: string };
}

/** Throws TLXC_E_STORAGE. */
async function imageOf(rbd: readonly string[], image: string): Promise<Image> {
  const answer = await answerOf(...rbd, 'info', '--format', 'json', image);
  if (answer !== '') return JSON.parse(answer) as Image;
  throw new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `rbd tells nothing of the image ${image}`,
    hint: `does "${rbd.join(' ')} info ${image}" show it?`,
  });
}

/** What an image is called before it has its mark. */
const unfinished = (image: string, mark: string): string => `${poolOf(image)}/tlxc-${mark}`;

async function removeUnfinished(rbd: readonly string[], fresh: string): Promise<void> {
  if (await exists(rbd, fresh))
    await tell(`the image ${fresh} could not be removed`, ...rbd, 'rm', '--no-progress', fresh);
}

/** An image that nobody has, made by `make` and mapped. */
async function claim(
  place: Place,
  device: string,
  make: (rbd: readonly string[], image: string) => Promise<void>,
): Promise<void> {
  const [rbd, image] = [words(place.settings), nameOf(device)];
  await claimVolume(place, {
    path: `rbd:${device}`,
    exists: () => exists(rbd, image),
    make: async (mark) => {
      // One without a mark would be another's: it gets its name when it has it.
      const fresh = unfinished(image, mark);
      try {
        await make(rbd, fresh);
        await tell(`${fresh} could not be marked`, ...rbd, 'image-meta', 'set', fresh, MARK, mark);
        await tell(`${fresh} could not be named ${image}`, ...rbd, 'rename', fresh, image);
      } catch (error) {
        await removeUnfinished(rbd, fresh);
        throw error;
      }
    },
  });
  await attach(device, place.settings);
}

async function attach(device: string, settings: Settings): Promise<void> {
  if (existsSync(device) || !isInstalled('rbd')) return;
  const [rbd, image] = [words(settings), nameOf(device)];
  const hint =
    `does the cluster answer? "${rbd.join(' ')} ls ${poolOf(image)}" shows it; ` +
    `where it was mapped after all ("rbd showmapped"): rbd unmap ${image}`;
  await tellWithin({ what: `the image ${image} could not be mapped`, hint }, ...rbd, 'map', image);
}

interface Wanted {
  readonly device: string;
  /** Bytes. */
  readonly size: number;
  readonly fstype?: string | undefined;
}

async function createAs(place: Place, tree: View, { device, size, fstype }: Wanted): Promise<NewRootfs> {
  const mebibytes = String(Math.ceil(size / MIB));
  await claim(place, device, (rbd, image) =>
    tell(`the image ${image} could not be made`, ...rbd, 'create', '--size', mebibytes, image),
  );
  return fillDevice(place, `rbd:${device}`, tree, fstype);
}

/** Where nobody writes to what is mounted, all of it is in the image then: a snapshot of that has it. */
async function flush({ words: mounted, layers: [tree = ''] }: View, device: string): Promise<void> {
  const failure = { code: 'TLXC_E_STORAGE', what: `${device} could not be brought to disk` } as const;
  await runProgram([...mounted, 'sync', '--file-system', tree], failure);
}

/** Lies over a snapshot of the source's, which nothing else is made of. */
async function clone(place: Place, from: string, device: string): Promise<void> {
  const snapshot = `${nameOf(from)}@tlxc-${nameOf(device).slice(poolOf(device).length + 1)}`;
  await claim(place, device, async (rbd, image) => {
    // Of a copy to this name that was killed.
    await removeSnapshot(rbd, snapshot);
    await tell(`no snapshot of ${nameOf(from)} could be made`, ...rbd, 'snap', 'create', snapshot);
    try {
      await tell(`${snapshot} could not be protected`, ...rbd, 'snap', 'protect', snapshot);
      await tell(`${nameOf(from)} could not be cloned`, ...rbd, 'clone', snapshot, image);
    } catch (error) {
      await removeSnapshot(rbd, snapshot);
      throw error;
    }
  });
}

/** Of one that is not there nothing is left to do. */
async function removeSnapshot(rbd: readonly string[], snapshot: string): Promise<void> {
  await succeeds(...rbd, 'snap', 'unprotect', snapshot);
  await succeeds(...rbd, 'snap', 'rm', '--no-progress', snapshot);
}

const isOurs = (snapshot: string): boolean => snapshot.startsWith('tlxc-');

/** The image, with snapshots that copies which were killed have left, and the one that it lay over itself. */
async function remove(rbd: readonly string[], image: string): Promise<void> {
  const { parent } = await imageOf(rbd, image);
  const told = await answerOf(...rbd, 'snap', 'ls', '--format', 'json', image);
  const snapshots = JSON.parse(told || '[]') as readonly { readonly name: string }[];
  for (const { name } of snapshots.filter((snapshot) => isOurs(snapshot.name)))
    await removeSnapshot(rbd, `${image}@${name}`);
  await tell(`the image ${image} could not be removed`, ...rbd, 'rm', '--no-progress', image);
  if (parent && isOurs(parent.snapshot))
    await removeSnapshot(rbd, `${parent.pool}/${parent.image}@${parent.snapshot}`);
}

async function copy(place: Place, from: string, { snapshot, mountPoint }: CopyHow): Promise<NewRootfs> {
  const { options, settings, name } = place;
  const [rbd, pool] = [words(settings), poolOf(from)];
  const device = `/dev/rbd/${pool}/${await freeName(name, (each) => exists(rbd, `${pool}/${each}`))}`;
  const fstype = filesystemOf(from);
  const source = deviceView(from, mountPoint);
  if (snapshot && mayShareBlocks(from, { fstype, must: true }, options)) {
    await flush(source, from);
    await clone(place, from, device);
    return onDevice(place, `rbd:${device}`, { fstype, needsSource: true });
  }
  const size = options.fssize ?? (await imageOf(rbd, nameOf(from))).size;
  return createAs(place, source, { device, size, fstype: options.fstype ?? fstype });
}

export const rbdBackend: Backend = {
  name: 'rbd',
  outside: true,
  snapshots: true,
  // As lvm.
  running: 'frozen',
  takes: ['fssize', 'fstype', 'rbdname', 'rbdpool', 'rbduser'],
  beside: (device) => ({ rbdpool: poolOf(device) }),
  async obstacle({ host, settings }, options) {
    const devices = obstacleToDevices(host);
    if (devices !== null) return devices;
    if (options.rbduser !== undefined)
      return 'takes no user of one command (--rbduser): later ones have to know it as well';
    if (!isInstalled('rbd')) return 'cannot be used: rbd is not installed (Debian: ceph-common)';
    const pool = options.rbdpool ?? settings['lxc.bdev.rbd.rbdpool'] ?? '';
    const why = await complaintOf(...words(settings), 'ls', pool);
    if (why !== null)
      return `cannot be used: the pool ${pool} cannot be listed (${why}); name another (--rbdpool, or lxc.bdev.rbd.rbdpool in tlxc.conf)`;
    return filesystemObstacle(options.fstype);
  },
  create(place, tree) {
    const { options, settings, name } = place;
    const pool = options.rbdpool ?? settings['lxc.bdev.rbd.rbdpool'];
    const device = `/dev/rbd/${pool}/${options.rbdname ?? name}`;
    return createAs(place, tree, { device, size: options.fssize ?? DEFAULT_SIZE, fstype: options.fstype });
  },
  copy,
  attach,
  view: deviceView,
  async destroy(device, { settings, mark }) {
    const rbd = words(settings);
    const image = nameOf(device);
    if (mark !== null) await removeUnfinished(rbd, unfinished(image, mark));
    if (!(await exists(rbd, image))) return;
    if (mark !== null && (await answerOf(...rbd, 'image-meta', 'get', image, MARK)) !== mark) return;
    if (existsSync(device)) await tell(`${device} could not be unmapped`, ...rbd, 'unmap', device);
    await remove(rbd, image);
  },
};
