/** One lock a container: held by whoever creates, starts or destroys it; readers take none. */
import { existsSync, ftruncateSync, readdirSync, readFileSync, rmdirSync, rmSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { askMonitor } from '../monitor/client.ts';
import { native } from '../native/binding.ts';
import { readableText } from '../readable-text.ts';
import type { ContainerPaths } from './paths.ts';

/** How long a command waits for another one that works on the same container; in a queue, for each. */
const PATIENCE_MS = 10_000;
/** How long a command waits in a queue that moves: forty copies of one container, say. */
const QUEUE_PATIENCE_MS = 600_000;
const RETRY_MS = 25;

function tryLock(container: string, path: string): number | null {
  const lock = native().lock({ path, wait: false });
  if (typeof lock === 'number') return lock;
  const errno = errnoName(lock.errno);
  if (errno === 'EAGAIN' || errno === 'EWOULDBLOCK') return null;
  // The directory went with a container that was destroyed just now; who tries again makes it again.
  if (errno === 'ENOENT') return null;
  const message = `cannot lock ${path}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, container, syscall: lock.syscall, errno, path });
}

/** The lock that a monitor holds as long as it lives, whether it answers or not. */
export const monitorLock = ({ runDir }: ContainerPaths): string => join(runDir, 'monitor.lock');

/**
 * Whether a monitor has the container and listens not yet or no more: it starts it (for a command that has died, say),
 * or cleans up after it. One that answers, or is wedged, is no reason to wait.
 */
function isBetween(paths: ContainerPaths): boolean {
  const lock = tryLock(paths.name, monitorLock(paths));
  if (lock !== null) native().closeFd(lock);
  return lock === null && askMonitor(paths, { op: 'info' }).kind === 'stopped';
}

/** The locks that this process holds. */
const held = new Set<string>();

/** Who has the lock; "" where it does not say so, or not yet. */
const holderOf = (path: string): string => readableText(path).trim();

/** For those who wait: by it they see that the queue moves, and whom they wait for. */
function sayWhoHolds(lock: number): void {
  try {
    ftruncateSync(lock);
    writeSync(lock, `${process.pid}\n`, 0);
  } catch {
    // a run directory that is full: others wait all the same, for ten seconds
  }
}

/**
 * Of a command line as /proc has it: "tlxc-copy"; '': none that can be told. The number may be another process's by now, even a
 * container's, which calls itself what it likes.
 */
export function commandIn(line: string): string {
  const words = line.split('\0').map((word) => basename(word, '.js'));
  const command = words.find((word) => word.startsWith('tlxc')) ?? words[0] ?? '';
  return /^[A-Za-z][\w.-]{0,31}$/.test(command) ? command : '';
}

/** "tlxc-copy (pid 4711)", or the number alone; '' as far as that cannot be seen. */
function commandOf(pid: string): string {
  if (!/^\d+$/.test(pid) || pid === String(process.pid)) return '';
  try {
    const command = commandIn(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    return command === '' ? `pid ${pid}` : `${command} (pid ${pid})`;
  } catch {
    return '';
  }
}

function whoWorks(pid: string): string {
  const command = commandOf(pid);
  return command === '' ? 'another command' : `another command, ${command},`;
}

/** A wait for a lock. */
export interface Wait {
  readonly container: string;
  /** "tlxc-copy (pid 4711)" */
  readonly whom: string;
}

interface Holder {
  readonly container: string;
  readonly pid: string;
}

/** The locks that are waited for just now. */
const awaited = new Map<string, Holder>();

/** What this process waits for just now; of several the first. */
export function waitedFor(): Wait | null {
  const [first] = awaited.values();
  if (first === undefined) return null;
  const { container, pid } = first;
  // The lock is ours, and what is waited for is a monitor that begins or ends.
  const own = pid === String(process.pid);
  return { container, whom: commandOf(pid) || (own ? 'its monitor to be done with it' : 'another command') };
}

let onWait = (): (() => void) => () => undefined;
let onOver = (): void => undefined;

/** Has it called when this process begins to wait for others, and what it gives when no lock is waited for any more. */
export function whenWaiting(listener: () => () => void): void {
  onWait = listener;
}

function awaits(lock: string, holder: Holder): void {
  const begins = awaited.size === 0;
  awaited.set(lock, holder);
  if (begins) onOver = onWait();
}

/** Tries until it does not give null. Throws TLXC_E_BUSY after 10 s in which one other had the lock. */
async function patiently<T>(paths: ContainerPaths, attempt: () => T | null): Promise<T> {
  try {
    return await inTurn(paths, attempt);
  } finally {
    if (awaited.delete(paths.lock) && awaited.size === 0) onOver();
  }
}

async function inTurn<T>(paths: ContainerPaths, attempt: () => T | null): Promise<T> {
  const begun = performance.now();
  let sameSince = begun;
  let holder = '';
  for (let got = attempt(); ; got = attempt()) {
    if (got !== null) return got;
    const now = performance.now();
    const current = holderOf(paths.lock);
    if (held.has(paths.lock) || current !== holder) sameSince = now;
    holder = current;
    awaits(paths.lock, { container: paths.name, pid: holder });
    if (now - sameSince > PATIENCE_MS || now - begun > QUEUE_PATIENCE_MS) {
      throw new TlxcError({
        code: 'TLXC_E_BUSY',
        message: `${whoWorks(current)} works on the container, or it is being started or stopped`,
        container: paths.name,
        hint: `wait for its end, or see what it does: fuser -v ${paths.lock} ${monitorLock(paths)}`,
      });
    }
    await sleep(RETRY_MS);
  }
}

/** Makes the run directory (0700) of a container, and those above it. Throws TLXC_E_PERMISSION where they are not ours. */
export function makeRunDir({ name, runDir }: Pick<ContainerPaths, 'name' | 'runDir'>): void {
  const failure = native().makeOwnDirectory({ path: runDir });
  if (!failure) return;
  const { path, syscall, errno } = failure;
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `cannot use the run directory ${path}${failure.detail && ': others can change what lies in it'}`,
    container: name,
    path,
    ...(syscall && { syscall, errno: errnoName(errno) }),
    hint: `look at it with ls -ld ${path}, remove what is not yours, or name another place: tlxc.rundir in tlxc.conf`,
  });
}

/**
 * Removes files of a container's run directory, its locks and the directory; the caller holds its lock. That is the last to go: who
 * waits for it sees that it has no name any more, and makes another (withLock). What somebody else has there (a comparison of
 * snapshots, the lock of a command that was quicker) stays, and the directory with it. So does all where a monitor has yet to end.
 */
export function removeLocks(paths: ContainerPaths, files: readonly string[] = []): void {
  const path = monitorLock(paths);
  const monitor = native().lock({ path, wait: false });
  if (typeof monitor !== 'number') return;
  try {
    for (const file of [...files, path, paths.lock]) rmSync(file, { force: true });
    rmdirSync(paths.runDir);
  } catch {
    // Not empty, or not ours to change: as it was before, and no reason to say that the container is still there.
  } finally {
    native().closeFd(monitor);
  }
}

/** Whether the container is gone, and nothing of one is in its run directory: one that was waited for, and destroyed meanwhile. */
function isForNobody(paths: ContainerPaths): boolean {
  if (existsSync(paths.dir)) return false;
  const locks = [paths.lock, monitorLock(paths)].map((path) => basename(path));
  try {
    return readdirSync(paths.runDir).every((entry) => locks.includes(entry));
  } catch {
    return false; // it went with the container
  }
}

/**
 * Runs `work` while this process holds the container's lock; the kernel releases it should the process die.
 * Throws TLXC_E_BUSY when one other command holds it for 10 s, or a monitor neither runs the container nor ends.
 */
export async function withLock<T>(paths: ContainerPaths, work: () => T | Promise<T>): Promise<T> {
  const lock = await patiently(paths, () => {
    makeRunDir(paths);
    return tryLock(paths.name, paths.lock);
  });
  try {
    sayWhoHolds(lock);
    await patiently(paths, () => (isBetween(paths) ? null : true));
    held.add(paths.lock);
    return await work();
  } finally {
    held.delete(paths.lock);
    if (isForNobody(paths)) removeLocks(paths);
    native().closeFd(lock);
  }
}
