/**
 * Images as one read-only file instead of a tree: a squashfs or erofs, which containers have below their changes. What the
 * kernel mounts was packed on this machine from a tree that was unpacked in the jail, or is a file that root named or a
 * pinned key signed: whoever writes such a file by hand could trick the kernel that reads it.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { chmod, chown, copyFile, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import type { OnStage } from '../gauge.ts';
import { readInAllBy } from '../host/copy-gauge.ts';
import { mounting } from '../host/mounting.ts';
import { programError, startProgram } from '../host/program.ts';
import type { ReadOnlyFilesystem } from '../host/read-only-filesystems.ts';
import { removeTree } from '../host/trees.ts';
import { inTree, type Tree } from './manifest.ts';
import { measureInTree } from './tree-gauge.ts';

/** What is kept of it in image.json. */
export interface PackedImage {
  readonly type: ReadOnlyFilesystem;
  /** Of the file. */
  readonly sha256: string;
  readonly bytes: number;
}

/** Fast ones: an image is packed while somebody waits. */
const PACKERS: Readonly<Record<ReadOnlyFilesystem, (file: string) => readonly string[]>> = {
  squashfs: (file) => [
    ...['mksquashfs', '.', file, '-noappend', '-no-progress', '-quiet', '-exit-on-error'],
    ...['-comp', 'zstd', '-Xcompression-level', '3'],
  ],
  erofs: (file) => ['mkfs.erofs', '-zlz4', file, '.'],
};

export const packedFile = (directory: string, type: ReadOnlyFilesystem): string =>
  join(directory, `rootfs.${type}`);

/** The tree in the file, seen by a program as mounted on a directory of the image's own. */
export const packedTree = (directory: string, type: ReadOnlyFilesystem): Tree & { readonly root: string } => {
  const target = join(directory, 'mnt');
  const source = packedFile(directory, type);
  return {
    ...{ directory, mapping: null, root: target },
    words: mounting({ fstype: type, options: 'loop,ro,nosuid,nodev', source, target }),
  };
};

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

interface Packing {
  readonly work: string;
  readonly type: ReadOnlyFilesystem;
  readonly onStage?: OnStage | undefined;
}

/** Packs the tree into WORK/rootfs.TYPE. Throws TLXC_E_STORAGE. */
export async function packTree(tree: Tree, { work, type, onStage }: Packing): Promise<void> {
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `the image could not be packed as ${type}`,
    writesTo: work,
  } as const;
  const { argv, cwd } = inTree(tree, PACKERS[type](packedFile(work, type)));
  const lists: string[] = [];
  const onErrorLine = (line: string): void => {
    if (/xattr prefix system\.posix_acl/.test(line)) lists.push(line);
  };
  const packer = startProgram(argv, { cwd, onErrorLine });
  // What it reads is what there is to do: it writes much less, nobody knows how much.
  const measured = measureInTree(packer, tree, { done: readInAllBy(packer), as: 'copy' });
  onStage?.('packing', measured.gauge);
  const ended = await packer.ended.finally(measured.end);
  if (ended.status !== 0) throw programError(ended, failure);
  // It would go on without them: access that somebody relies on.
  if (lists.length === 0) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `files of the image have access control lists, for which ${type} has no room`,
    hint: 'erofs keeps them: take that (-B erofs, --pack=erofs)',
  });
}

/** What WORK holds becomes one file, and a tree there goes. Resolves to its record. Throws TLXC_E_STORAGE. */
export async function settlePacked(work: string, how: Omit<Packing, 'work'>): Promise<PackedImage> {
  const { type } = how;
  const file = packedFile(work, type);
  if (!existsSync(file)) await packTree({ directory: work, mapping: null }, { work, ...how });
  await removeTree(join(work, 'rootfs'));
  if (!existsSync(join(work, 'mnt'))) mkdirSync(join(work, 'mnt'), { mode: 0o700 });
  return { type, sha256: await digestOf(file), bytes: statSync(file).size };
}

/** The file as it is, root's alone, into WORK/rootfs.TYPE: copied, or moved there. */
export async function keepFile(
  file: string,
  work: string,
  { type, move = false }: { readonly type: ReadOnlyFilesystem; readonly move?: boolean },
): Promise<void> {
  const to = packedFile(work, type);
  if (move) renameSync(file, to);
  else await copyFile(file, to, constants.COPYFILE_FICLONE);
  await chown(to, 0, 0);
  await chmod(to, 0o400);
  mkdirSync(join(work, 'mnt'), { mode: 0o700 });
}

/** Device nodes of a kept file outside /dev. Throws TLXC_E_IMAGE for what does not mount, or is no root filesystem. */
export async function devicesOfKept(work: string, type: ReadOnlyFilesystem, name: string): Promise<string[]> {
  const failure = { code: 'TLXC_E_IMAGE', what: `${name} could not be mounted` } as const;
  const devices: string[] = [];
  const find = [
    'find',
    '.',
    '-xdev',
    '-path',
    './dev',
    '-prune',
    '-o',
    '(',
    '-type',
    'b',
    '-o',
    '-type',
    'c',
    ')',
    '-print',
  ];
  const { argv, cwd } = inTree(packedTree(work, type), find);
  const ended = await startProgram(argv, { cwd, stdout: (line) => devices.push(line) }).ended;
  if (ended.status !== 0) throw programError(ended, failure);
  return devices;
}

/** Whether the file is as it was recorded. */
export async function isAsRecorded(directory: string, { type, sha256 }: PackedImage): Promise<boolean> {
  const file = packedFile(directory, type);
  return existsSync(file) && (await digestOf(file)) === sha256;
}

/** For who may not pack: only root may mount what is packed. Throws TLXC_E_UNSUPPORTED. */
export function refusePacking(type: ReadOnlyFilesystem): never {
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `images are kept as ${type} for root only: nobody else may mount one`,
    hint: 'leave it out: the image is then unpacked, and shared by all your containers just the same',
  });
}
