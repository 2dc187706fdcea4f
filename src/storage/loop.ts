/** loop: a filesystem in a file, CT/rootdev. Root's alone: whoever writes the file could trick the kernel that mounts it. */
import { existsSync, statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { unmeasured } from '../gauge.ts';
import { writtenBy } from '../host/copy-gauge.ts';
import { refuseForeign } from '../host/forged-image.ts';
import { programError, startProgram } from '../host/program.ts';
import { isReadOnly, READ_ONLY_FILESYSTEMS } from '../host/read-only-filesystems.ts';
import { obstacleToDevices } from '../host/user-namespace.ts';
import type { Backend, CopyHow, NewRootfs, Place, VolumeUsage } from './backend.ts';
import {
  DEFAULT_SIZE,
  fill,
  filesystemObstacle,
  filesystemOf,
  makeFilesystem,
  mountedView,
} from './filesystem.ts';
import type { View } from './view.ts';

/** A filesystem of another type is known by its number: of two with the same one cannot be mounted. */
const COPIED_AS_FILE = new Set(['ext4', ...READ_ONLY_FILESYSTEMS]);

/** The empty file and where it is mounted, in the container's directory. */
async function makePlaces(
  { staging, options }: Place,
  size: number,
): Promise<{ file: string; mountPoint: string }> {
  const [file, mountPoint] = [join(staging, 'rootdev'), join(staging, 'rootfs')];
  const handle = await open(file, 'wx', 0o600);
  await handle.truncate(options.fssize ?? size);
  await handle.close();
  await mkdir(mountPoint, { mode: 0o755 });
  return { file, mountPoint };
}

const made = ({ final }: Place, view: View): NewRootfs => ({
  path: `loop:${join(final, 'rootdev')}`,
  view,
  needs: [],
});

async function create(
  place: Place,
  tree: View,
  like = { size: DEFAULT_SIZE, fstype: 'ext4' },
): Promise<NewRootfs> {
  const { file, mountPoint } = await makePlaces(place, like.size);
  const fstype = await makeFilesystem(file, place.options.fstype ?? like.fstype);
  const view = mountedView(file, mountPoint, { fstype, loop: true });
  await fill(view, tree, place);
  return made(place, view);
}

function view(path: string, mountPoint: () => string): View {
  refuseForeign(path);
  const fstype = filesystemOf(path);
  const mounted = mountedView(path, mountPoint(), { fstype, loop: true });
  return isReadOnly(fstype) ? { ...mounted, lowers: [path] } : mounted;
}

async function copy(place: Place, path: string, { mountPoint }: CopyHow): Promise<NewRootfs> {
  const [size, fstype] = [statSync(path).size, filesystemOf(path)];
  const isSame = place.options.fssize === undefined && (place.options.fstype ?? fstype) === fstype;
  // One that is never written is of no size that another could have.
  const like = isReadOnly(fstype) ? undefined : { size, fstype };
  if (!isSame || !COPIED_AS_FILE.has(fstype)) return create(place, view(path, mountPoint), like);
  refuseForeign(path);
  const { file, mountPoint: target } = await makePlaces(place, size);
  const failure = { code: 'TLXC_E_STORAGE', what: `${path} could not be copied`, writesTo: file } as const;
  const program = startProgram(['cp', '--reflink=auto', '--sparse=auto', '--', path, file]);
  const [done, total] = [writtenBy(program), usageOf(path)?.used ?? null];
  place.onStage?.('copying', () => ({ done: done(), total }));
  const ended = await program.ended;
  if (ended.status !== 0) throw programError(ended, failure);
  place.onStage?.('writing', unmeasured);
  return made(place, mountedView(file, target, { fstype, loop: true }));
}

/** Blocks of the file, which holes have none of. */
function usageOf(path: string): VolumeUsage | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats ? { used: stats.blocks * 512, limit: stats.size } : null;
}

export const loopBackend: Backend = {
  name: 'loop',
  snapshots: false,
  canLieBelow: (path) => isReadOnly(filesystemOf(path)),
  takes: ['fssize', 'fstype'],
  obstacle({ host }, { fstype }) {
    const devices = obstacleToDevices(host);
    if (devices !== null) return Promise.resolve(devices);
    if (!existsSync('/dev/loop-control'))
      return Promise.resolve('cannot be used: there is no /dev/loop-control');
    return Promise.resolve(filesystemObstacle(fstype));
  },
  create,
  copy,
  view,
  usage: (paths) => Promise.resolve(paths.map(usageOf)),
};
