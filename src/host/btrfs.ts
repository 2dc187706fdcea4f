/**
 * Subvolumes of btrfs, made and removed by the kernel's own calls on descriptors and numbers: btrfs(8) walks paths, which below a
 * container's root filesystem are the container's to change. Takes root.
 */
import { mkdirSync, statSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native, type NativeFailure } from '../native/binding.ts';
import { probeHost } from './probe.ts';

const BTRFS_MAGIC = 0x9123683e;
/** The inode number of every subvolume's own directory. */
const TOP = 256;

/** Whether the existing path lies on btrfs. */
export const isBtrfs = (path: string): boolean => statfsSync(path).type === BTRFS_MAGIC;

/** Whether the existing directory is a subvolume. */
export const isSubvolume = (path: string): boolean => isBtrfs(path) && statSync(path).ino === TOP;

function failed(what: string, { errno, syscall, path, detail }: NativeFailure): TlxcError {
  const name = errno === 0 ? '' : errnoName(errno);
  const why = name === '' ? detail : `${errnoWords(name)} (${syscall})`;
  return new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `${what}: ${[path, why].filter(Boolean).join(': ')}`,
    ...(name !== ''
      ? { errno: name, syscall }
      : { hint: 'btrfs subvolume list shows what lies there: take out what is too much, and try again' }),
  });
}

/** Throws TLXC_E_STORAGE. */
export function createSubvolume(directory: string, name: string): void {
  const failure = native().createSubvolume({ directory, name });
  if (failure) throw failed(`no subvolume could be made in ${directory}`, failure);
}

/** An empty directory for a tree: root's on btrfs is a subvolume, which a container's root filesystem can be a snapshot of. In a container none could be removed again. */
export function makeTree(directory: string, name: string): void {
  const { user, nested } = probeHost();
  if (user === null && nested === null && isBtrfs(directory)) createSubvolume(directory, name);
  else mkdirSync(join(directory, name), { mode: 0o755 });
}

/**
 * A subvolume with all that `source` holds, the subvolumes below it included; false: the two lie on different filesystems.
 * Throws TLXC_E_STORAGE.
 */
export function snapshotSubvolume(source: string, directory: string, name: string): boolean {
  const failure = native().snapshotSubvolume({ source, directory, name });
  if (failure?.syscall === 'BTRFS_IOC_SNAP_CREATE_V2' && errnoName(failure.errno) === 'EXDEV') return false;
  if (failure) throw failed(`the subvolume ${source} could not be copied`, failure);
  return true;
}

/** Removes all subvolumes below the directory, however deep and whatever they are called. Throws TLXC_E_STORAGE. */
export function removeSubvolumes(path: string): void {
  const failure = native().removeSubvolumes({ path });
  if (failure) throw failed(`the subvolumes below ${path} could not be removed`, failure);
}

/** What the subvolume takes, and the most that it may hold (0: no limit); null: nobody counts, or not for this caller. */
export function subvolumeUsage(path: string): { readonly bytes: number; readonly limit: number } | null {
  const usage = native().subvolumeUsage({ path });
  return usage === null || 'errno' in usage ? null : usage;
}

/** The most bytes that the subvolume may hold; 0: as many as there are. Throws TLXC_E_UNSUPPORTED without quotas, TLXC_E_STORAGE. */
export function limitSubvolume(path: string, bytes: number): void {
  const failure = native().limitSubvolume({ path, bytes });
  if (!failure) return;
  const name = errnoName(failure.errno);
  if (name !== 'ENOTCONN' && name !== 'EINVAL' && name !== 'ENOENT')
    throw failed(`${path} could not be limited`, failure);
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${path} cannot be limited: this btrfs keeps no quotas`,
    path,
    hint: `btrfs quota enable ${path} has it keep them`,
  });
}
