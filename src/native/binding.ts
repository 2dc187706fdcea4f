/** The typed face of the addon: the only file that loads tlxc.node, and its whole surface. */
import { createRequire } from 'node:module';
import { nativeFile } from '../package-root.ts';

/** A failed system call as the addon returns it: data, no sentence. */
export interface NativeFailure {
  readonly step: string;
  readonly syscall: string;
  readonly errno: number;
  readonly path: string;
  readonly detail: string;
}

export interface AttachRequest {
  /** From the monitor; owned by the caller, not closed. */
  readonly initPidfd: number;
  readonly initPid: number;
  /** Names as in the plan: user mount pid uts ipc net cgroup. */
  readonly namespaces: readonly string[];
  /** Absolute paths of cgroup.procs files to join, in order; written with the caller's privilege before setns. */
  readonly cgroupProcs: readonly string[];
  /** Capabilities kept, names; null keeps the caller's (-e CAP). */
  readonly capabilities: readonly string[] | null;
  readonly noNewPrivileges: boolean;
  /** The compiled filter, -1: none. */
  readonly seccompFd: number;
  readonly apparmorProfile: string;
  readonly personality: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  /** KEY=VALUE: the whole environment of the command. */
  readonly environment: readonly string[];
  /** Tried in order, first that exists wins; "/" always does. */
  readonly cwd: string;
  /** argv; empty: the login shell of uid in the container, found by tlxc-enter from its /etc/passwd. */
  readonly argv: readonly string[];
  /** Three descriptors for 0, 1, 2; -1: a new pty's slave. */
  readonly stdio: readonly [number, number, number];
  /** devpts root of the container from the monitor, where a pty is allocated; -1: none is needed. */
  readonly devptsFd: number;
  /** Initial window size, when a pty is made. */
  readonly rows: number;
  readonly columns: number;
}

export interface AttachedProcess {
  /** The process outside the PID namespace (tlxc-enter); its wait status is the command's exit status. */
  readonly pid: number;
  readonly pidfd: number;
  /** The pty's master, -1 when none was made. Owned by the caller. */
  readonly ptyMaster: number;
}

export interface MonitorExchange {
  readonly socket: string;
  /** JSON text of a Request. */
  readonly request: string;
}

export interface MonitorAnswer {
  /** JSON text of a Reply; "" when failure is set. */
  readonly reply: string;
  readonly fds: readonly number[];
  /** The open connection when keep was asked (watch, console), else -1. */
  readonly connection: number;
  readonly failure: NativeFailure | null;
}

export interface Binding {
  /** Asks many monitors at once; one common deadline, in milliseconds. Answers in the order asked. */
  exchange(options: { requests: readonly MonitorExchange[]; timeoutMs: number; keep: boolean }): MonitorAnswer[];
  /** The next datagram of a kept connection, off the main thread; "" at its end, null when timeoutMs (-1: none) ran out. */
  nextEvent(options: { connection: number; timeoutMs: number }): Promise<string | null>;
  closeFd(fd: number): void;
  attach(request: AttachRequest): AttachedProcess | NativeFailure;
  /** Waits for a child off the main thread: the wait status as waitpid gives it. */
  waitChild(options: { pid: number }): Promise<number>;
  /** Replaces this process. Returns only on failure. Descriptors 0-2 and those listed lose close-on-exec first. */
  execve(options: { path: string; argv: readonly string[]; environment: readonly string[]; keep: readonly number[] }): NativeFailure;
  /** A read-only memfd holding the bytes. */
  memfd(options: { name: string; bytes: Uint8Array }): number;
  /** Takes flock(LOCK_EX) on path (created 0600, never through a link): the descriptor, or a failure (EWOULDBLOCK). */
  lock(options: { path: string; wait: boolean }): number | NativeFailure;
  /** openat2(RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS) below root; flags as open(2) numbers. A descriptor or a failure. */
  openInRoot(options: { root: string; path: string; flags: number; mode: number }): number | NativeFailure;
  /** Signals by pidfd_open after checking the start time (clock ticks since boot, /proc/PID/stat field 22). */
  signalProcess(options: { pid: number; startTime: string; signal: number }): NativeFailure | null;
  /** A detached process reading and writing nothing of ours but the given descriptors, in a new session. */
  spawnMonitor(options: { path: string; argv: readonly string[]; planFd: number; statusFd: number; stdio: readonly [number, number, number] }): number | NativeFailure;
  /** A pipe [read, write], both close-on-exec. */
  pipe(): readonly [number, number];
  /** Window size of a terminal, null when fd is none. */
  windowSize(fd: number): { rows: number; columns: number } | null;
  /** Runs inside the container's network namespace: addresses and counters of its interfaces, as JSON text. */
  networkState(options: { initPidfd: number; timeoutMs: number }): string | NativeFailure;
}

let loaded: Binding | undefined;

/** Loads the addon on first use: most failures (usage, configuration) need no native code. */
export function native(): Binding {
  loaded ??= createRequire(nativeFile('tlxc.node'))(nativeFile('tlxc.node')) as Binding;
  return loaded;
}
