/** Whole directory trees: copied and removed by coreutils, which walk by descriptor and follow no link, and made durable. */
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { unmeasured, type OnStage } from '../gauge.ts';
import { takeLeftToSync } from '../left-to-sync.ts';
import { native, type NativeFailure } from '../native/binding.ts';
import { randomHex } from '../random.ts';
import { syncDirectory } from '../sync-directory.ts';
import { isBtrfs, removeSubvolumes } from './btrfs.ts';
import { measureTree, writtenBy, type Measured } from './copy-gauge.ts';
import { asRootOf, everyIdOf } from './mapped.ts';
import { isMountedBelow, refuseMounted } from './mounts.ts';
import { probeHost } from './probe.ts';
import { programError, runProgram, startProgram, type RunningProgram } from './program.ts';
import { makeDirectories } from '../make-directories.ts';

/** argv with power over the files of all containers of this user; root has it anyway. */
export function overAllIds(argv: readonly string[]): readonly string[] {
  const host = probeHost();
  return asRootOf(host.user && everyIdOf(host.user, host), argv);
}

/**
 * Makes the directory, and those above it, unless it is there: a place for trees that have nothing to do with each other. ext4
 * then begins each where there is most room (chattr(1), "T"). Otherwise a tree goes where one was removed just before, and for
 * minutes the kernel passes over each of those inodes whenever it looks for a free one (recently_deleted in fs/ext4/ialloc.c):
 * four times the time for a system of ten thousand files. It is a hint: where it cannot be given, nothing is lost but that. A
 * directory that somebody uses already stays as it is.
 */
export function makePlaceForTrees(path: string, mode: number): void {
  const isNew =
    statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true &&
    makeDirectories(path, mode) !== undefined;
  if (isNew || isEmpty(path)) native().spreadDirectories({ path });
}

/** false, too, where that cannot be seen. */
function isEmpty(directory: string): boolean {
  try {
    return readdirSync(directory).length === 0;
  } catch {
    return false;
  }
}

const UNBORN = '.tlxc-new-';
/** Another command sweeps now and then; each of these steps lasts some microseconds. */
const BIRTHS = 100;

/**
 * Makes an empty directory for a tree, in such a place. It gets its name when it is there: where several groups of inodes are
 * as empty, ext4 chooses among them by the name, and a second tree of one name would lie where the first was removed. (Where
 * that group alone is the emptiest, it lies there all the same.) One that another command has swept is made again. Throws the system's error where something is at the path,
 * unless that is an empty directory.
 */
export function makeTreeDirectory(path: string, mode: number): void {
  for (let births = 1; ; births++) {
    const unborn = join(dirname(path), UNBORN + randomHex(8));
    mkdirSync(unborn, { mode });
    try {
      renameSync(unborn, path);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT' && births < BIRTHS) continue;
      if (existsSync(unborn)) rmdirSync(unborn);
      throw error;
    }
  }
}

/** Whether an entry of a place is a directory that has no name yet. */
export const isUnborn = (entry: string): boolean => entry.startsWith(UNBORN);

/** Removes what whoever was killed between those two steps has left in the place; nothing else is an empty directory of such a name. */
export function sweepUnborn(place: string): void {
  for (const name of readdirSync(place).filter(isUnborn)) {
    try {
      rmdirSync(join(place, name));
    } catch {
      // It has its name now, another command was quicker, or it is none of ours.
    }
  }
}

/**
 * Removes a tree that may be hostile, whatever lies in it. Throws TLXC_E_BUSY where something is mounted below: then
 * nothing is touched; TLXC_E_STORAGE. Absent: nothing to do.
 */
export async function removeTree(path: string): Promise<void> {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (!stats) return;
  // Of a link nothing but itself goes, wherever it leads.
  const isLink = stats.isSymbolicLink();
  if (!isLink) refuseMounted(path);
  const failure = { code: 'TLXC_E_STORAGE', what: `${path} could not be removed` } as const;
  const [name, place] = [basename(path), { cwd: dirname(path) }];
  const remove = ['rm', '-rf', '--one-file-system', '--', name];
  const { user, nested } = probeHost();
  const isRoot = user === null && nested === null;
  // One by one they would be emptied; and rm takes them for other filesystems.
  if (isRoot && !isLink && isBtrfs(path)) removeSubvolumes(path);
  if ((await startProgram(remove, place).ended).status === 0) return;
  // Files made immutable, or for appending only, are not even root's to remove; no user could have made one.
  if (isRoot) await startProgram(['chattr', '-R', '-f', '-ia', '--', name], place).ended;
  await runProgram(overAllIds(remove), failure, place);
}

/**
 * Copies what is in `from` into the existing directory `to`, with owners, modes, times, links and extended attributes; blocks
 * are shared where the filesystem can. `words` go before the program, and may mount either.
 */
export async function copyTree(
  from: string,
  to: string,
  { words = [], onStage }: { words?: readonly string[]; onStage?: OnStage | undefined } = {},
): Promise<void> {
  const isOwn = words.length === 0 && probeHost().user === null;
  if (isOwn && native().copySmallTree({ from, to })) return;
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `the root filesystem could not be copied to ${to}`,
    // What words mount at it has another size, which this process does not see.
    ...(words.length === 0 && { writesTo: to }),
  } as const;
  // A subvolume of btrfs is part of the tree, and another filesystem for cp; words mount nothing but what is copied.
  const isWhole = words.length > 0 || (isBtrfs(from) && !isMountedBelow(from));
  const limit = isWhole ? [] : ['--one-file-system'];
  const copy = ['cp', '--archive', '--reflink=auto', ...limit, '--', `${from}/.`, to];
  const program = startProgram(overAllIds([...words, ...copy]));
  const measured = onStage && measureCopy(program, from, { isMounted: words.length > 0, isWhole });
  if (measured) onStage('copying', measured.gauge);
  try {
    const copied = program.ended.then((ended) => {
      // What is not on disk yet may be most of it, and is waited for: here, and by the caller.
      onStage?.('writing', unmeasured);
      return ended;
    });
    // Beside the copy, which cp gives to another user before it lets others look into it.
    const ended = await writingBehind(dirname(to), copied);
    if (ended.status !== 0) throw programError(ended, failure);
  } finally {
    await measured?.end();
  }
}

/**
 * Where `words` mount it, it is seen where the program sees it, who may look there. The way to it is a path of the store's, as
 * cp's own: nobody but its owner puts a link on it.
 */
function measureCopy(
  program: RunningProgram,
  from: string,
  { isMounted, isWhole }: { readonly isMounted: boolean; readonly isWhole: boolean },
): Measured {
  const paths = () => [isMounted ? `/proc/${program.child.pid}/root${from}/.` : `${from}/.`];
  const within = isMounted ? (argv: readonly string[]) => argv : overAllIds;
  return measureTree(writtenBy(program), { paths, within, as: 'copy', oneFilesystem: !isWhole });
}

/** Gives the directories owner and group of `from`. */
export async function copyOwner(from: string, ...directories: readonly string[]): Promise<void> {
  const { uid, gid } = statSync(from);
  if (probeHost().user === null) {
    for (const directory of directories) chownSync(directory, uid, gid);
    return;
  }
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `the owner of ${from} could not be given to others`,
  } as const;
  await runProgram(overAllIds(['chown', `--reference=${from}`, '--', ...directories]), failure);
}

/** Everything written to the filesystem that holds path is on disk when this resolves. Throws TLXC_E_STORAGE. */
export async function syncFilesystem(path: string): Promise<void> {
  takeLeftToSync(path);
  throwUnsynced(path, await native().syncFilesystem({ path }));
}

/**
 * Everything below path, which nobody else writes, is on disk when this resolves, and what was left to its sync (left-to-sync.ts).
 * A copy on write is a handful of files: it does not wait for the gigabytes that somebody else writes to the same filesystem.
 * Throws TLXC_E_STORAGE.
 */
export async function syncTree(path: string): Promise<void> {
  throwUnsynced(path, await native().syncTree({ path, others: takeLeftToSync(path) }));
}

function throwUnsynced(path: string, failure: NativeFailure | null): void {
  if (failure === null) return;
  const errno = errnoName(failure.errno);
  throw new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `what was written below ${path} could not be brought to disk: ${errnoWords(errno)}`,
    errno,
    path,
    ...(errno === 'EIO' && { hint: 'the disk failed: dmesg tells more' }),
  });
}

/**
 * rename(2) into another directory of the filesystem. A directory that moves is written (its ".."), which a plain user may
 * do to one of a subordinate id's only with power over that. Throws TLXC_E_STORAGE.
 */
export async function moveTree(from: string, to: string): Promise<void> {
  if (probeHost().user === null) {
    renameSync(from, to);
    return;
  }
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `${from} could not be moved to ${to}`,
    writesTo: to,
  } as const;
  await runProgram(overAllIds(['mv', '--no-target-directory', '--', from, to]), failure);
}

/** Milliseconds before what was written so far is brought to disk, and, as the work goes on, a part of what it has taken. */
const BEHIND = { atLeast: 250, part: 1 / 4 };

/**
 * Waits for `work`, which writes to the filesystem that holds path; what it has written goes to disk meanwhile, so that
 * syncFilesystem finds little left: a third of what a system of ten thousand files takes is the wait for the disk. Its price is
 * that what everybody else has pending there is written then, too, some times instead of once; so it begins late, and comes
 * more seldom the longer it takes. Throws what `work` throws, and TLXC_E_STORAGE: the kernel tells of a failed write to who asks
 * first, and to nobody after. The filesystem is not in use by then.
 */
export async function writingBehind<T>(path: string, work: Promise<T>): Promise<T> {
  const begin = performance.now();
  let behind: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const wait = (): void => {
    if (isOver) return;
    const ms = Math.max(BEHIND.atLeast, (performance.now() - begin) * BEHIND.part);
    timer = setTimeout(() => {
      behind = syncFilesystem(path);
      behind.then(wait, () => undefined);
    }, ms);
  };
  wait();
  try {
    const result = await work;
    await behind;
    return result;
  } finally {
    isOver = true;
    clearTimeout(timer);
    await behind.catch(() => undefined);
  }
}

/** rename(2) of a tree that is on disk already (syncFilesystem), within one filesystem; then its name is there, too. */
export function placeTree(from: string, to: string): void {
  renameSync(from, to);
  for (const path of new Set([dirname(to), dirname(from)])) syncDirectory(path);
}

/** As placeTree, of a directory whose own entries are not on disk yet; what lies deeper is. */
export function renameDurably(from: string, to: string): void {
  placeTree(from, to);
  syncDirectory(to);
}
