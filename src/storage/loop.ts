/** loop: a filesystem in a file, CT/rootdev. Root's alone: whoever writes the file could trick the kernel that mounts it. */
import { existsSync, statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { refuseForeign } from '../host/forged-image.ts';
import { runProgram } from '../host/program.ts';
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

/** A filesystem is known by its number, and cannot be mounted twice: none of these is copied as a file. */
const COPIED_AS_FILE = 'ext4';

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
  await fill(view, tree);
  return made(place, view);
}

function view(path: string, mountPoint: () => string): View {
  refuseForeign(path);
  return mountedView(path, mountPoint(), { fstype: filesystemOf(path), loop: true });
}

async function copy(place: Place, path: string, { mountPoint }: CopyHow): Promise<NewRootfs> {
  const like = { size: statSync(path).size, fstype: filesystemOf(path) };
  const { fssize, fstype = like.fstype } = place.options;
  if (fssize !== undefined || fstype !== COPIED_AS_FILE || like.fstype !== COPIED_AS_FILE)
    return create(place, view(path, mountPoint), like);
  refuseForeign(path);
  const { file, mountPoint: target } = await makePlaces(place, like.size);
  const failure = { code: 'TLXC_E_STORAGE', what: `${path} could not be copied` } as const;
  await runProgram(['cp', '--reflink=auto', '--sparse=auto', '--', path, file], failure);
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
  takes: ['fssize', 'fstype'],
  obstacle({ host }, { fstype }) {
    if (host.user !== null) return Promise.resolve("is root's: only root may have loop devices");
    if (!existsSync('/dev/loop-control'))
      return Promise.resolve('cannot be used: there is no /dev/loop-control');
    return Promise.resolve(filesystemObstacle(fstype));
  },
  create,
  copy,
  view,
  usage: (paths) => Promise.resolve(paths.map(usageOf)),
};
