/**
 * The conversation between a command and a container's monitor. The other side: native/monitor/protocol.{h,cc}.
 *
 *   command                              monitor (RUNDIR/monitor.sock, SOCK_SEQPACKET, mode 0600)
 *     | -- connect ----------------------> | SO_PEERCRED: root or the monitor's own uid, and no
 *     |                                    | process of a container, else closed at once
 *     | -- one Request, JSON ------------> |
 *     | <- one Reply, JSON (+ SCM_RIGHTS)  | "fds" in the reply names the descriptors in their order
 *     |                                    | connection stays open for: watch (one Event a datagram),
 *     |                                    | console (closing it gives the tty back), freeze (one more
 *     |                                    | Reply when it is frozen, or will not be)
 *
 * A datagram is at most 64 KiB. Every reply has "ok"; a refusal has "error" (a short stable word) and "errno".
 */

/** What a container is in the middle of, in LXC's words. */
export type ContainerState =
  'STOPPED' | 'STARTING' | 'RUNNING' | 'STOPPING' | 'ABORTING' | 'FREEZING' | 'FROZEN' | 'THAWED';

export type Request =
  /** Everything a command may want to know of the running container. */
  | { readonly op: 'info' }
  /**
   * info, with descriptors: initPidfd, and where they exist seccomp (compiled filter), devpts (its root) and listeners
   * (a socket: a process that loads the filter sends the listener it gets there, one descriptor in a datagram).
   */
  | { readonly op: 'attach' }
  /** tty 0: the console (a stream socket the monitor pumps); n ≥ 1: that tty's pty master; -1: the next free one. */
  | { readonly op: 'console'; readonly tty: number }
  /** The console's ring buffer (lxc.console.buffer.size), oldest byte first: a file, named "log". */
  | { readonly op: 'console-log' }
  /** The window size of the console (tty 0). */
  | { readonly op: 'resize'; readonly rows: number; readonly columns: number }
  /**
   * Sends a signal to init by its pidfd; signal 0: the halt signal, -1: the reboot signal, -2: the stop signal, -3: the end of
   * the terminal of a foreground start (the halt signal where init has one of its own, else SIGTERM).
   */
  | { readonly op: 'signal'; readonly signal: number }
  /** Lends the host's interface `host` to the container, where it is called `inside`. */
  | { readonly op: 'plug-in'; readonly host: string; readonly inside: string }
  /** Brings the interface called `inside` to the host, as `host` ("": the name that it had there, if it was lent). */
  | { readonly op: 'unplug'; readonly host: string; readonly inside: string }
  /** Opens the device list for a node, and remembers it by its path inside. */
  | ({ readonly op: 'allow-device' } & GivenDevice)
  /** Forgets it, and closes the list for it but for what else allows it. */
  | ({ readonly op: 'forbid-device' } & GivenDevice)
  /** Leads a port or a socket of the host into the container (ForwardRequest of src/plan/schema-forward.ts). */
  | { readonly op: 'forward'; readonly program: string; readonly forward: Readonly<Record<string, unknown>> }
  /** Ends the forward that is known by `listen` ("tcp 8080"), and its connections. */
  | { readonly op: 'unforward'; readonly listen: string }
  /**
   * First reply, then a second one: the container is frozen, or it was refused ("too-slow": not within the time, and taken
   * back; "thawed", "stopped": meanwhile). With hold it is frozen no longer than the connection is open, without it
   * until unfreeze. One that is frozen already stays so after a hold.
   */
  | { readonly op: 'freeze'; readonly hold: boolean; readonly timeoutMs: number }
  /** Refused with "held" (detail: the pid of one that holds it) or "frozen-above"; granted where it is not frozen. */
  | { readonly op: 'unfreeze' }
  /** The container will end, or will not, because somebody wants it so: no failure, and no reason to start it again. */
  | { readonly op: 'expect-end'; readonly expected: boolean }
  /** First reply, then one Event a state change, until STOPPED. */
  | { readonly op: 'watch' };

/** A port or socket of the host that leads into a container. */
export interface MonitorForward {
  /** "tcp 8080" */
  readonly listen: string;
  /** "80" */
  readonly connect: string;
  /** Added while it ran. */
  readonly live: boolean;
}

/** An interface of the container's, and what it leads to on the host. */
export interface MonitorInterface {
  readonly index: number;
  readonly type: string;
  readonly link: string;
  readonly hostName: string;
  /** The name that it got inside, and its number there, which it keeps when it is renamed. */
  readonly name: string;
  readonly insideIndex: number;
}

/** A device node that came into the running container. */
export interface GivenDevice {
  /** Its path there. */
  readonly host: string;
  /** Its path in the container. */
  readonly inside: string;
  readonly type: 'c' | 'b';
  readonly major: number;
  readonly minor: number;
}

/** Whether what runs in the container is well. */
export type HealthStatus = 'starting' | 'healthy' | 'unhealthy';

/** Whether what runs in it is well, as its monitor knows. */
export interface MonitorHealth {
  readonly status: HealthStatus;
  /** Since the epoch, as endedAtMs. */
  readonly sinceMs: number;
  /** In a row. */
  readonly failures: number;
  /** How it is asked, since its start. Monitors that were begun by an earlier release do not tell. */
  readonly asked?: {
    readonly command: string;
    /** "": who runs its init. */
    readonly user: string;
    readonly intervalMs: number;
    readonly timeoutMs: number;
    readonly retries: number;
    readonly startPeriodMs: number;
    readonly restarts: boolean;
  };
  readonly last: {
    /** -1: the command could not be run; the output tells why. */
    readonly exitCode: number;
    readonly timedOut: boolean;
    /** The end of it. */
    readonly output: string;
    readonly endedAtMs: number;
  } | null;
}

/** A control group hierarchy, and the container's groups in it: paths relative to mountPoint. */
export interface MonitorCgroup {
  readonly version: number;
  readonly mountPoint: string;
  /** Of version 1: those mounted together. */
  readonly controllers: readonly string[];
  /** Where its limits sit. */
  readonly limitGroup: string;
  /** The root of its cgroup namespace: limitGroup, or a child of it. */
  readonly innerGroup: string;
}

/** What a running container's monitor tells of it. */
export interface MonitorInfo {
  readonly name: string;
  readonly lxcpath: string;
  readonly state: ContainerState;
  /** In the host's PID namespace. */
  readonly initPid: number;
  readonly monitorPid: number;
  /** CLOCK_BOOTTIME milliseconds at which init was executed. */
  readonly startedAtMs: number;
  readonly reboots: number;
  /** A process whose work needs it frozen until that is done; 0: none. Absent: a monitor of before. */
  readonly holder?: number;
  /** Namespaces the container has of its own or shares with another than the host. */
  readonly namespaces: readonly string[];
  readonly cgroups: readonly MonitorCgroup[];
  readonly interfaces: readonly MonitorInterface[];
  /** Those given while it runs (tlxc-device). */
  readonly devices: readonly GivenDevice[];
  readonly forwards: readonly MonitorForward[];
  /** Absent: nobody asks (tlxc.health.command), or it does not run yet. */
  readonly health?: MonitorHealth;
  /** Kept capabilities, names; uid and gid maps as the plan gave them. */
  readonly capabilities: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly apparmorProfile: string;
  readonly selinuxContext: string;
  /** Its processes share cores with nobody else. */
  readonly coreScheduling: boolean;
  readonly limits: readonly { readonly resource: string; readonly soft: string; readonly hard: string }[];
  readonly personality: string;
  /** What init was given, container=lxc among it, for attach. */
  readonly environment: readonly string[];
  readonly idmap: readonly { kind: 'uid' | 'gid'; inside: number; outside: number; count: number }[];
  readonly ttys: number;
  readonly configFile: string;
}

export type Reply =
  | ({ readonly ok: true; readonly fds: readonly string[] } & Partial<MonitorInfo> & {
        readonly tty?: number;
      })
  | ({ readonly ok: false; readonly error: string; readonly errno: number } & Partial<
      Pick<StepFailure, 'syscall' | 'path' | 'detail'>
    >);

export type Refusal = Extract<Reply, { ok: false }>;

/** A change of the state, or of the health. exitStatus: wait status of init as waitpid gives it, with STOPPING and STOPPED. */
export interface Event {
  readonly state: ContainerState;
  readonly exitStatus?: number;
  /** true with STOPPED when the container is being started again. */
  readonly reboot?: boolean;
  /** Its health has changed; the state has not. */
  readonly health?: HealthStatus;
}

/**
 * What tlxc-monitor writes on descriptor 4 while it starts: JSON lines, the last of which is running or failed.
 * The plan is read from descriptor 3 until its end.
 */
export type StartMessage =
  /** Something a person should know that does not stop the start. */
  | ({ readonly kind: 'warning' } & StepFailure)
  | { readonly kind: 'running'; readonly initPid: number; readonly monitorPid: number }
  | ({ readonly kind: 'failed' } & StepFailure);

/** native/common/result.h */
export interface StepFailure {
  /** "already-running", or the step's name: "mount", "cgroup", "hook" … */
  readonly step: string;
  readonly syscall: string;
  readonly errno: number;
  readonly path: string;
  readonly detail: string;
  readonly file: string;
  readonly line: number;
  readonly key: string;
}
