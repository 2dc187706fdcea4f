/** rbd: an image of a Ceph cluster with a filesystem, mapped as /dev/rbd/POOL/NAME. Told by rbd(8). */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from '../host/packers.ts';
import type { Backend, NewRootfs, Place } from './backend.ts';
import {
  DEFAULT_SIZE,
  fill,
  filesystemObstacle,
  filesystemOf,
  makeFilesystem,
  mountedView,
} from './filesystem.ts';
import { claimVolume, freeName } from './outside.ts';
import { answerOf, finds, succeeds, tell } from './tool.ts';
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

const nameOf = (device: string): string => device.replace(/^\/dev\/rbd\//, '');
const poolOf = (device: string): string => nameOf(device).split('/')[0] ?? '';

async function createAs(place: Place, tree: View, device: string): Promise<NewRootfs> {
  const { options, settings, staging } = place;
  const rbd = words(settings);
  const size = Math.ceil((options.fssize ?? DEFAULT_SIZE) / MIB);
  await claimVolume(place, {
    path: `rbd:${device}`,
    exists: () => exists(rbd, nameOf(device)),
    make: async (mark) => {
      const image = nameOf(device);
      await tell(`the image ${image} could not be made`, ...rbd, 'create', '--size', String(size), image);
      await tell(`the image ${image} could not be marked`, ...rbd, 'image-meta', 'set', image, MARK, mark);
    },
  });
  await tell(`the image ${nameOf(device)} could not be mapped`, ...rbd, 'map', nameOf(device));
  const fstype = await makeFilesystem(device, options.fstype);
  const mountPoint = join(staging, 'rootfs');
  mkdirSync(mountPoint, { mode: 0o755 });
  const view = mountedView(device, mountPoint, { fstype });
  await fill(view, tree);
  return { path: `rbd:${device}`, view, needs: [] };
}

const view = (device: string, mountPoint: () => string): View =>
  mountedView(device, mountPoint(), { fstype: filesystemOf(device) });

export const rbdBackend: Backend = {
  name: 'rbd',
  outside: true,
  snapshots: false,
  // As lvm.
  running: 'frozen',
  takes: ['fssize', 'fstype', 'rbdname', 'rbdpool', 'rbduser'],
  beside: (device) => ({ rbdpool: poolOf(device) }),
  async obstacle({ host, settings }, options) {
    if (host.user !== null) return "is root's";
    if (options.rbduser !== undefined)
      return 'takes its user from lxc.bdev.rbd.rbduser of tlxc.conf: later commands have to know it as well';
    if (!isInstalled('rbd')) return 'cannot be used: rbd is not installed (Debian: ceph-common)';
    const pool = options.rbdpool ?? settings['lxc.bdev.rbd.rbdpool'] ?? '';
    if (!(await succeeds(...words(settings), 'ls', pool)))
      return `cannot be used: rbd cannot list the pool ${pool}`;
    return filesystemObstacle(options.fstype);
  },
  create(place, tree) {
    const { options, settings, name } = place;
    const pool = options.rbdpool ?? settings['lxc.bdev.rbd.rbdpool'];
    return createAs(place, tree, `/dev/rbd/${pool}/${options.rbdname ?? name}`);
  },
  async copy(place, from, { mountPoint }) {
    const pool = poolOf(from);
    const rbd = words(place.settings);
    const name = await freeName(place.name, (each) => exists(rbd, `${pool}/${each}`));
    return createAs(place, view(from, mountPoint), `/dev/rbd/${pool}/${name}`);
  },
  view,
  async destroy(device, { settings, mark }) {
    const rbd = words(settings);
    const image = nameOf(device);
    if (!(await exists(rbd, image))) return;
    if (mark !== null && (await answerOf(...rbd, 'image-meta', 'get', image, MARK)) !== mark) return;
    if (existsSync(device)) await tell(`${device} could not be unmapped`, ...rbd, 'unmap', device);
    await tell(`the image ${image} could not be removed`, ...rbd, 'rm', '--no-progress', image);
  },
};
