/** The typed face of the addon: the only file that loads tlxc.node, and its whole surface. */
import { TlxcError } from '../errors.ts';
import { nativeFile, nativeRemedy } from '../package-root.ts';

/** A failed system call as the addon returns it: data, no sentence. */
export interface NativeFailure {
  readonly step: string;
  readonly syscall: string;
  readonly errno: number;
  readonly path: string;
  readonly detail: string;
}

export interface AttachRequest {
  /** Begins tlxc-enter's messages on the command's standard error: "tlxc-attach: u1". */
  readonly label: string;
  /** The static tlxc-enter; read once a process, into a sealed memory file. */
  readonly enter: string;
  /** From the monitor; owned by the caller, not closed. */
  readonly initPidfd: number;
  /** Names as in the plan: user mount pid uts ipc net cgroup time. */
  readonly namespaces: readonly string[];
  /** The v2 group's directory, in which the process is born with the caller's privilege; "": the caller's own. */
  readonly cgroupLeaf: string;
  /** Absolute paths of v1 tasks files to join, in order; written with the caller's privilege before setns. */
  readonly cgroupTasks: readonly string[];
  /** Capabilities kept, names; null keeps the caller's (-e CAP). */
  readonly capabilities: readonly string[] | null;
  readonly noNewPrivileges: boolean;
  /** The compiled filter, -1: none. */
  readonly seccompFd: number;
  /** Where the process sends its filter's listener, from the monitor; -1: no rule of the policy notifies. */
  readonly listenersFd: number;
  /** "": none. */
  readonly apparmorProfile: string;
  /** "": none. */
  readonly selinuxContext: string;
  /** Whose core scheduling domain is joined, as the host counts; 0: none. */
  readonly corePid: number;
  /** Amounts as decimal text, or "unlimited". */
  readonly limits: readonly { readonly resource: string; readonly soft: string; readonly hard: string }[];
  /** "", linux32 or linux64. */
  readonly personality: string;
  /** Inside the container. */
  readonly uid: number;
  readonly gid: number;
  /** The whole list of supplementary groups. */
  readonly groups: readonly number[];
  /** KEY=VALUE: the whole environment of the command. */
  readonly environment: readonly string[];
  /** Add HOME, USER, LOGNAME and SHELL from the container's /etc/passwd where the environment lacks them. */
  readonly identity: boolean;
  /** Fresh /proc and /sys in a private mount namespace (-R); only without the container's mount namespace. */
  readonly remount: boolean;
  /** The working directory where it exists inside and is not below /proc, else "/". */
  readonly cwd: string;
  /** Where it does not, the attach fails: nothing runs in "/". */
  readonly cwdAsked: boolean;
  /** argv; empty: the login shell of uid in the container, found by tlxc-enter from its /etc/passwd. */
  readonly argv: readonly string[];
  /** Three descriptors for 0, 1, 2; -1: a new pty's slave. */
  readonly stdio: readonly [number, number, number];
  /** The container's devpts root from the monitor, where a pty is allocated; -1: the host's /dev/pts (no MOUNT). */
  readonly devptsFd: number;
  /** Owner of a new pty, in the host's ids; -1: as the kernel makes it. */
  readonly ptyUid: number;
  readonly ptyGid: number;
  /** Opened in the container's user namespace by uid and gid, whose it is then: a plain user can give none away. */
  readonly ptyInside: boolean;
  /** Initial window size, when a pty is made. */
  readonly rows: number;
  readonly columns: number;
}

export interface ProjectAccount {
  readonly bytes: number;
  readonly files: number;
  readonly limit: number;
}

export interface AttachedProcess {
  /** The command, a child of this process, to be waited for; or tlxc-enter, where it ended before it was one. */
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

/** Since the interface was made, as its own side counts. */
export interface LinkCounts {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

/** A network interface as it is now, seen from inside. */
export interface InterfaceState {
  readonly index: number;
  readonly name: string;
  /** bridge, veth, macvlan …; "" of hardware, and of lo. */
  readonly kind: string;
  readonly up: boolean;
  readonly loopback: boolean;
  readonly mtu: number;
  /** Absent where the link has no Ethernet address. */
  readonly hwaddr?: string;
  /** What it does, as ip(8) says it: up, down, unknown (lo), lowerlayerdown, dormant, testing, notpresent. */
  readonly state: string;
  /** The index of the bridge it is a port of, in its own namespace; absent: of none. */
  readonly master?: number;
  readonly counters: LinkCounts;
  readonly addresses: readonly {
    readonly family: 'inet' | 'inet6';
    readonly address: string;
    readonly prefix: number;
    readonly scope: 'global' | 'link' | 'host';
  }[];
}

/** A route of the main table. */
export interface Ipv4Route {
  /** 0.0.0.0 with prefix 0: the default route. */
  readonly destination: string;
  readonly prefix: number;
  /** The interface; absent where there are several ways, or none. */
  readonly device?: string;
  readonly gateway?: string;
}

export interface Binding {
  /**
   * Asks many monitors at once; one common deadline, in milliseconds. Answers in the order asked. A monitor that has not
   * answered and makes progress gets up to five seconds more, for the machine is busy; one that is stopped or stuck does not.
   * The detail of an ETIMEDOUT is the monitor's state and pid.
   */
  exchange(options: {
    requests: readonly MonitorExchange[];
    timeoutMs: number;
    keep: boolean;
  }): MonitorAnswer[];
  /**
   * The next datagram of a kept connection, or what a pipe has, on the event loop; "" at its end, null when timeoutMs (-1:
   * none) ran out.
   */
  nextEvent(options: { connection: number; timeoutMs: number }): Promise<string | null>;
  /** Ends what nextEvent or networkChange waits for on the descriptor, as if its time had run out. */
  stopWaiting(options: { connection: number }): void;
  closeFd(fd: number): void;
  /** Gives a file that was opened without a name (O_TMPFILE) one that nothing has; 0 or errno. */
  linkFile(options: { fd: number; path: string }): number;
  attach(request: AttachRequest): AttachedProcess | NativeFailure;
  /** Waits for a child on the event loop: the wait status as waitpid gives it, -1 when somebody else reaped it. */
  waitChild(options: { pid: number }): Promise<number>;
  /** That wait keeps the program no longer from ending. */
  releaseChild(options: { pid: number }): void;
  /** Replaces this process. Returns only on failure. Descriptors 0-2 and those listed lose close-on-exec first. */
  execve(options: {
    path: string;
    argv: readonly string[];
    environment: readonly string[];
    keep: readonly number[];
  }): NativeFailure;
  /** A sealed memfd holding the text, at offset 0. Throws only where descriptors or memory have run out. */
  memfd(options: { name: string; text: string }): number;
  /** Makes what is missing of an absolute path (0700); a failure "not-ours" where others could change what lies there. */
  makeOwnDirectory(options: { path: string }): NativeFailure | null;
  /**
   * Takes flock(LOCK_EX) on path (created 0600, never through a link): the descriptor, or a failure (EWOULDBLOCK at
   * once, with wait after 10 seconds).
   */
  lock(options: { path: string; wait: boolean }): number | NativeFailure;
  /**
   * syncfs(2) of the filesystem that holds path; null: all that was written to it is on disk. The event loop stands still for
   * 20 ms at most, and then goes on meanwhile.
   */
  syncFilesystem(options: { path: string }): NativeFailure | null | Promise<NativeFailure | null>;
  /**
   * As syncFilesystem of what lies below path and of other files of that filesystem. A tree of a few files does not wait for
   * what others have written there.
   */
  syncTree(options: {
    path: string;
    others: readonly string[];
  }): NativeFailure | null | Promise<NativeFailure | null>;
  /**
   * Copies what is in `from` into the empty directory `to` as cp --archive --one-file-system does, where that is a hundred plain
   * files at most. false: it is not, or did not work; cp may be asked then, which writes over what there is.
   */
  copySmallTree(options: { from: string; to: string }): boolean;
  /**
   * Has ext2, ext3 and ext4 put the trees that will be made in the directory apart from each other (chattr +T). Other filesystems
   * refuse it.
   */
  spreadDirectories(options: { path: string }): NativeFailure | null;
  /** openat2(RESOLVE_IN_ROOT|RESOLVE_NO_MAGICLINKS) below root; flags as open(2) numbers. A descriptor or a failure. */
  openInRoot(options: { root: string; path: string; flags: number; mode: number }): number | NativeFailure;
  /** Opens for reading with the rights of that user and of its groups alone. Takes root. */
  openAs(options: { path: string; uid: number }): number | NativeFailure;
  /** The same with the caller's, and ELOOP where a link lies on the way. */
  openWithoutLinks(options: { path: string }): number | NativeFailure;
  /** Who else than root can exchange what lies at an absolute path, or on the way there (uid null: anybody); null: nobody. See config/stranger.ts. */
  strangerOn(options: { path: string }): { readonly uid: number | null; readonly path: string } | null;
  /** An empty subvolume of btrfs in the directory. Takes root, as do the next three. */
  createSubvolume(options: { directory: string; name: string }): NativeFailure | null;
  /** One with all that the subvolume `source` holds, and the subvolumes in it. */
  snapshotSubvolume(options: { source: string; directory: string; name: string }): NativeFailure | null;
  /** Removes every subvolume below the directory. */
  removeSubvolumes(options: { path: string }): NativeFailure | null;
  /** The most that the subvolume may refer to; 0: no limit. */
  limitSubvolume(options: { path: string; bytes: number }): NativeFailure | null;
  /** What btrfs has counted of the subvolume; limit 0: none. null: it keeps no quotas. */
  subvolumeUsage(options: {
    path: string;
  }): { readonly bytes: number; readonly limit: number } | NativeFailure | null;
  /** The project that a directory hands down to what is made in it, 0: none; and whether its filesystem keeps projects' limits. */
  projectState(options: {
    path: string;
  }): { readonly id: number; readonly enforced: boolean } | NativeFailure;
  /** What a project of the directory's filesystem has; limit 0: none. */
  projectAccount(options: { path: string; id: number }): ProjectAccount | NativeFailure;
  /** An empty directory becomes the project's, with all that is made in it. Takes root. */
  joinProject(options: { path: string; id: number }): object | NativeFailure;
  /** The most that the project may hold on the directory's filesystem; 0: no limit. */
  limitProject(options: { path: string; id: number; bytes: number }): object | NativeFailure;
  /** The extended attributes of what the bytes of `path` name, a link itself: names, and values as hexadecimal digits. */
  attributes(options: {
    path: Uint8Array;
  }): readonly (readonly [name: string, value: string])[] | NativeFailure;
  /** Signals by pidfd_open after checking the start time (clock ticks since boot, /proc/PID/stat field 22). */
  signalProcess(options: { pid: number; startTime: string; signal: number }): NativeFailure | null;
  /** From here on this process and what it becomes ignore them; bin/run.js asks for it. */
  ignoreSignals(options: { signals: readonly number[] }): void;
  /** Kills the process that the descriptor names, if it still is. */
  killProcess(options: { pidfd: number }): void;
  /** A detached process reading and writing nothing of ours but the given descriptors, in a new session. The caller closes pidfd (-1: it has ended already). */
  spawnMonitor(options: {
    path: string;
    argv: readonly string[];
    planFd: number;
    statusFd: number;
    stdio: readonly [number, number, number];
  }): { readonly pid: number; readonly pidfd: number } | NativeFailure;
  /**
   * From here on signals that would end this process, or mean something to its command, wait; execve passes them on.
   * Only for a process that is about to become another program.
   */
  holdSignals(): void;
  /**
   * Ends this process at once, as _exit(2): what a stream of Node's has not written is lost. It returns where Node has changed
   * a standard descriptor (a pipe that does not wait, a raw terminal), which only Node's own end gives back.
   */
  endProcess(code: number): void;
  /** A pipe [read, write], both close-on-exec; it holds `bytes` where the kernel lets it. Throws only where descriptors have run out. */
  pipe(options?: { readonly bytes: number }): readonly [number, number];
  /** Asks for PR_SCHED_CORE: 0 where the kernel has it, ENODEV without SMT, EINVAL where it was built without. */
  coreScheduling(): number;
  /** From here on reads and writes of what is open there fail with EAGAIN where they would wait. false: nothing is open. */
  neverWait(fd: number): boolean;
  /** Window size of a terminal, null when fd is none. */
  windowSize(fd: number): { rows: number; columns: number } | null;
  /** Gives a terminal another window size; its foreground processes are told. false: it is none any more. */
  setWindowSize(options: { terminal: number; rows: number; columns: number }): boolean;
  /**
   * The interfaces of init's network namespace (initPidfd -1: of this process's), in the kernel's order. timeoutMs: for
   * each list the kernel answers with.
   */
  networkState(options: { initPidfd: number; timeoutMs: number }): readonly InterfaceState[] | NativeFailure;
  /**
   * Begins to list those of many containers, on a thread of its own; the function that it gives waits for the answers, in their
   * order. The descriptors are the thread's, who closes them. timeoutMs: as above.
   */
  beginNetworkStates(options: {
    initPidfds: readonly number[];
    timeoutMs: number;
  }): (() => readonly (readonly InterfaceState[] | NativeFailure)[]) | NativeFailure;
  /** A socket in init's network namespace that is told of changes of links and addresses; the caller closes it. */
  openNetworkEvents(options: { initPidfd: number }): number | NativeFailure;
  /** True after the next changes, which are taken off the socket; false when stopWaiting ended it. */
  networkChange(options: { socket: number }): Promise<boolean>;
  /** Those of this process's network namespace, without its local and other tables. timeoutMs: for the answer. */
  ipv4Routes(options: { timeoutMs: number }): readonly Ipv4Route[] | NativeFailure;
  /** Whether nftables has a table `inet NAME` in this network namespace. Needs root. */
  hasPacketFilterTable(name: string): boolean | NativeFailure;
}

/** Where bin/run.js, which loads a command's bundle with it, leaves the addon. */
const LEFT = Symbol.for('tlxc.addon');

let loaded = (globalThis as { readonly [LEFT]?: Binding })[LEFT];

/** The addon, where this process has it already. */
export const nativeIfLoaded = (): Binding | undefined => loaded;

/** Loads the addon on first use. Throws TLXC_E_INTERNAL. */
export function native(): Binding {
  if (loaded) return loaded;
  // process.dlopen is what require does with a .node file; require in an ES module would load node:module first.
  const module = { exports: {} as Binding };
  const file = nativeFile('tlxc.node');
  try {
    process.dlopen(module, file);
  } catch (cause) {
    const { hint, reason = (cause as Error).message } = nativeRemedy(file);
    throw new TlxcError({ code: 'TLXC_E_INTERNAL', message: `cannot load ${file}: ${reason}`, hint, cause });
  }
  loaded = module.exports;
  return loaded;
}
