/**
 * A container's configuration, typed and checked: what the compiler (src/plan) reads. Made by config/load.ts from the
 * lossless document; every value knows the file and line that wrote it.
 */
import type { SourceLocation } from '../errors.ts';

/** What a container is waited for: tlxc.start.ready, --wait. */
export type Condition =
  | { readonly kind: 'running' | 'ready' | 'healthy' | 'ip' | 'ip4' | 'ip6' }
  | { readonly kind: 'exec'; readonly command: string }
  | { readonly kind: 'port'; readonly port: number };

/** tlxc.mount.lxcfs; auto: where it runs. */
export type LxcfsUse = 'auto' | 'no' | 'yes';

/** tlxc.device */
export interface DeviceConfig {
  /** A class, or the absolute path of a node of the host's. */
  readonly device: string;
  /** Its absolute path in the container; "": where the host has it. */
  readonly inside: string;
  /** A host that lacks it is no error. */
  readonly optional: boolean;
  /** Permission bits, and its owner as the container counts; -1: as the host's, with the group of the same name. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export interface Sourced<T> {
  readonly value: T;
  readonly at: SourceLocation;
}

export interface InputFile {
  readonly path: string;
  readonly inode: string;
  readonly size: number;
  readonly mtimeNs: string;
}

export interface IdMap {
  readonly kind: 'uid' | 'gid';
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

export interface IpAddress {
  readonly address: string;
  readonly prefix: number;
  /** "": it has none. */
  readonly broadcast: string;
}

export interface IpRoute {
  readonly address: string;
  readonly prefix: number;
}

/** A port (address "": all of the host's, or loopback's inside), or a Unix socket. */
export type ForwardEnd = { readonly address: string; readonly port: number } | { readonly path: string };

/** On the host, where a socket is made: its mode, and its owner; -1: whose the container is. */
export type HostEnd =
  | Exclude<ForwardEnd, { readonly path: string }>
  | { readonly path: string; readonly mode: number; readonly uid: number; readonly gid: number };

export interface ForwardConfig {
  /** tcp: a stream, of TCP or of a Unix socket. */
  readonly protocol: 'tcp' | 'udp';
  readonly from: HostEnd;
  readonly to: ForwardEnd;
  /** How many ports from the ends' own on; 1 for a socket. */
  readonly count: number;
  /** Seconds without a datagram that end a conversation of udp. */
  readonly idle: number;
  /** tcp: a line of the PROXY protocol, version 1, tells the service who the client is. */
  readonly proxyProtocol: boolean;
}

/** lxc.net.[i].type */
export const INTERFACE_TYPES = ['empty', 'ipvlan', 'macvlan', 'none', 'phys', 'veth', 'vlan'] as const;

/** tlxc.net.[i].type: what LXC has no word for. */
export const OWN_INTERFACE_TYPES = ['passt'] as const;

export interface NetworkConfig {
  readonly index: number;
  /** TLXC's own where one is written. */
  readonly type: Sourced<(typeof INTERFACE_TYPES)[number] | (typeof OWN_INTERFACE_TYPES)[number]>;
  readonly flagsUp?: Sourced<boolean>;
  readonly link?: Sourced<string>;
  readonly name?: Sourced<string>;
  /** Complete: x and X were settled when the container was created, or by the loader (deterministically from its name). */
  readonly hwaddr?: Sourced<string>;
  readonly mtu?: Sourced<number>;
  readonly ipv4: readonly Sourced<IpAddress>[];
  readonly ipv6: readonly Sourced<IpAddress>[];
  /** An address, "auto" or "dev". */
  readonly ipv4Gateway?: Sourced<string>;
  readonly ipv6Gateway?: Sourced<string>;
  readonly l2proxy?: Sourced<boolean>;
  /** tlxc.net.[i].ipv4.lease and ipv6.lease: what DHCP gives. */
  readonly ipv4Lease?: Sourced<string>;
  readonly ipv6Lease?: Sourced<string>;
  /** tlxc.net.[i].ipv4.static: the interface is given the address that DHCP would give. */
  readonly ipv4Static?: Sourced<boolean>;
  /** tlxc.net.[i].filter: which of its frames the bridge takes. */
  readonly filter?: Sourced<'none' | 'mac'>;
  readonly scriptUp?: Sourced<string>;
  readonly scriptDown?: Sourced<string>;
  readonly forwards: readonly Sourced<ForwardConfig>[];
  readonly veth: {
    readonly pair?: Sourced<string>;
    readonly mode?: Sourced<'bridge' | 'router'>;
    readonly rxQueues?: Sourced<number>;
    readonly txQueues?: Sourced<number>;
    readonly ipv4Routes: readonly Sourced<IpRoute>[];
    readonly ipv6Routes: readonly Sourced<IpRoute>[];
    readonly vlan?: Sourced<number | 'none'>;
    readonly taggedVlans: readonly Sourced<number>[];
  };
  readonly macvlanMode?: Sourced<'private' | 'vepa' | 'bridge' | 'passthru'>;
  readonly ipvlanMode?: Sourced<'l2' | 'l3' | 'l3s'>;
  readonly ipvlanIsolation?: Sourced<'bridge' | 'private' | 'vepa'>;
  readonly vlanId?: Sourced<number>;
}

/** tlxc.restart */
export const RESTART_POLICIES = ['no', 'on-failure', 'always'] as const;

/** One fstab line of lxc.mount.entry or lxc.mount.fstab. */
export interface MountEntry {
  readonly source: string;
  readonly target: string;
  readonly fstype: string;
  readonly options: readonly string[];
}

export type AutoMount =
  | { readonly what: 'proc' | 'sys'; readonly mode: 'mixed' | 'rw' | 'ro' }
  | {
      readonly what: 'cgroup' | 'cgroup-full' | 'cgroup2';
      readonly mode: 'mixed' | 'rw' | 'ro' | 'default';
      readonly force: boolean;
    }
  /** A mount tunnel: what the host mounts below `host` later shows below `container`. */
  | { readonly what: 'shmounts'; readonly host: string; readonly container: string };

/** As in /proc/PID/ns. */
export type NamespaceName = 'user' | 'mnt' | 'pid' | 'uts' | 'ipc' | 'net' | 'cgroup' | 'time';

export interface SharedNamespace {
  readonly namespace: NamespaceName;
  /** A container's name, a pid, or the path of a namespace file. */
  readonly whose: string;
}

/** seconds may be negative, nanoseconds (below 10^9) count upwards from there. */
export interface ClockOffset {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Numbers as decimal text, for they have 64 bits; or "unlimited". */
export interface ResourceLimit {
  readonly resource: string;
  readonly soft: string;
  readonly hard: string;
}

export interface Sysctl {
  /** As written. */
  readonly name: string;
  /** Below /proc/sys. */
  readonly path: string;
  /** Whose it is. */
  readonly namespace: 'net' | 'ipc' | 'uts' | 'user';
  readonly value: string;
}

/** Either its text or the host's file that it is in. */
export interface Credential {
  readonly name: string;
  readonly text?: string;
  readonly file?: string;
}

/** A file of /proc/PID. */
export interface ProcFile {
  readonly file: string;
  readonly value: string;
}

export type HookName =
  | 'pre-start'
  | 'pre-mount'
  | 'mount'
  | 'autodev'
  | 'start-host'
  | 'start'
  | 'stop'
  | 'post-stop'
  | 'clone'
  | 'destroy';

/** A signal as a number; real-time ones as SIGRTMIN+n already added. */
export type Signal = number;

export interface ContainerConfig {
  readonly name: string;
  readonly lxcpath: string;
  readonly configFile: string;
  readonly inputs: readonly InputFile[];
  /** Lines that were passed over or taken in a way the person may not expect, each with its FILE:LINE. Never fatal. */
  readonly warnings: readonly string[];

  readonly arch?: Sourced<'linux32' | 'linux64'>;
  readonly utsName?: Sourced<string>;
  readonly rootfs: {
    /** As written: [TYPE:]PATH, or "none". */
    readonly path?: Sourced<string>;
    readonly mount?: Sourced<string>;
    readonly options?: Sourced<readonly string[]>;
    /** false: the root filesystem is never deleted or changed by a management command. */
    readonly managed?: Sourced<boolean>;
    /** What is changed lies on a tmpfs: 0 no, 1 of any size, else its size in bytes. */
    readonly volatile?: Sourced<number>;
  };
  readonly idmap: readonly Sourced<IdMap>[];
  readonly networks: readonly NetworkConfig[];
  readonly mountEntries: readonly Sourced<MountEntry>[];
  /** The mounts of tlxc.mount.base, then those of the file that lxc.mount.fstab names; all before the entries. */
  readonly fstabEntries: readonly Sourced<MountEntry>[];
  readonly autoMounts: readonly Sourced<AutoMount>[];
  /** tlxc.mount.lxcfs: whether what lxcfs tells of the container lies over /proc. */
  readonly lxcfs?: Sourced<LxcfsUse>;
  /** tlxc.mount.masked and tlxc.mount.readonly: absolute paths inside the container. */
  readonly masked: readonly Sourced<string>[];
  readonly readonlyPaths: readonly Sourced<string>[];
  /** tlxc.device */
  readonly devices: readonly Sourced<DeviceConfig>[];
  readonly autodev: boolean;
  /** lxc.autodev.tmpfs.size, in bytes; 0: no limit. */
  readonly autodevSize: number;
  readonly ttyMax: number;
  readonly ttyDir: string;
  readonly ptyMax: number;
  readonly console: {
    readonly path?: Sourced<string>;
    readonly logFile?: Sourced<string>;
    readonly logSize: number;
    readonly rotate: boolean;
    readonly bufferSize: number;
  };
  readonly capDrop: readonly Sourced<string>[];
  /** null: lxc.cap.keep is not used; [] is "none". */
  readonly capKeep: readonly Sourced<string>[] | null;
  /** lxc.cgroup.* and lxc.cgroup2.* in the order written. */
  readonly cgroup1: readonly Sourced<{ readonly file: string; readonly value: string }>[];
  readonly cgroup2: readonly Sourced<{ readonly file: string; readonly value: string }>[];
  readonly cgroupDir: {
    readonly dir?: Sourced<string>;
    readonly container?: Sourced<string>;
    readonly monitor?: Sourced<string>;
    readonly monitorPivot?: Sourced<string>;
    readonly containerInner?: Sourced<string>;
  };
  /** lxc.cgroup.relative */
  readonly cgroupRelative: boolean;
  readonly seccomp: {
    readonly profile?: Sourced<string>;
    readonly allowNesting: boolean;
    /** A socket's path, or @NAME for an abstract one. */
    readonly notifyProxy?: Sourced<string>;
    readonly notifyCookie?: Sourced<string>;
  };
  readonly signals: {
    readonly halt?: Sourced<Signal>;
    readonly reboot?: Sourced<Signal>;
    readonly stop?: Sourced<Signal>;
  };
  readonly init: {
    readonly cmd?: Sourced<readonly string[]>;
    readonly cwd?: Sourced<string>;
    readonly uid: number;
    readonly gid: number;
    readonly groups: readonly Sourced<number>[];
  };
  readonly namespaces: {
    /** [] where the key is not set. */
    readonly clone: readonly Sourced<NamespaceName>[];
    readonly keep: readonly Sourced<NamespaceName>[];
    readonly share: readonly Sourced<SharedNamespace>[];
  };
  readonly timeOffset: {
    readonly boot?: Sourced<ClockOffset>;
    readonly monotonic?: Sourced<ClockOffset>;
  };
  readonly limits: readonly Sourced<ResourceLimit>[];
  readonly sysctls: readonly Sourced<Sysctl>[];
  readonly procFiles: readonly Sourced<ProcFile>[];
  /** tlxc.credential.set and .load. */
  readonly credentials: readonly Sourced<Credential>[];
  /** lxc.keyring.session = 1: init keeps the caller's session keyring. */
  readonly inheritsKeyring: boolean;
  /** Set only where it is 1. */
  readonly coreScheduling?: Sourced<boolean>;
  readonly selinux: { readonly context?: Sourced<string>; readonly keyring?: Sourced<string> };
  readonly environment: readonly Sourced<string>[];
  /** lxc.environment.runtime: init and attached commands. */
  readonly environmentRuntime: readonly Sourced<string>[];
  /** lxc.environment.hooks: hooks that run in the container's namespaces. */
  readonly environmentHooks: readonly Sourced<string>[];
  readonly executeCmd?: Sourced<readonly string[]>;
  readonly log: {
    readonly file?: Sourced<string>;
    readonly level?: Sourced<string>;
    /** daemon or local0 … local7, in any case. */
    readonly syslog?: Sourced<string>;
  };
  readonly monitor: { readonly unshare: boolean; readonly parentDeathSignal?: Sourced<Signal> };
  /** lxc.ephemeral; unset where it is 0. */
  readonly ephemeral?: Sourced<true>;
  readonly apparmor: {
    readonly profile?: Sourced<string>;
    readonly allowIncomplete: boolean;
    readonly allowNesting: boolean;
    readonly raw: readonly Sourced<string>[];
  };
  readonly start: {
    readonly auto: boolean;
    /** Seconds. */
    readonly delay: number;
    readonly order: number;
    /** tlxc.start.after: names of containers of the same store. */
    readonly after: readonly Sourced<string>[];
    /** tlxc.start.ready; undefined where nothing is said. */
    readonly ready?: readonly Condition[];
    /** tlxc.health.command is set. */
    readonly hasHealth: boolean;
  };
  /** tlxc.restart, .delay (seconds) and .max (0: no limit). */
  readonly restart: {
    readonly policy: (typeof RESTART_POLICIES)[number];
    readonly delay: number;
    readonly max: number;
  };
  /** tlxc.health.*; times in seconds. Without a command nothing of it has a meaning. */
  readonly health: {
    readonly command?: Sourced<string>;
    /** USER[:GROUP] of the container's own; else who init is. */
    readonly user?: string;
    readonly interval: number;
    readonly timeout: number;
    readonly retries: number;
    readonly startPeriod: number;
    /** An unhealthy container is ended and started again. */
    readonly restart: boolean;
  };
  readonly groups: readonly string[];
  readonly hooks: readonly Sourced<{ readonly hook: HookName; readonly command: string }>[];
  readonly hookVersion: 0 | 1;
  readonly noNewPrivs: boolean;
}

/** System settings (tlxc.conf), resolved with defaults; config/system.ts reads them. */
export interface SystemConfig {
  /** Where containers live: lxc.lxcpath, /var/lib/tlxc. */
  readonly lxcpath: string;
  /** lxc.default_config: /etc/tlxc/default.conf, or the shipped one where that does not exist. */
  readonly defaultConfig: string;
  /** tlxc.rundir: /run/tlxc. */
  readonly runDir: string;
  /** tlxc.cachedir: /var/cache/tlxc (images). */
  readonly cacheDir: string;
  /** tlxc.statedir: /var/lib/tlxc/.state — id ranges. */
  readonly stateDir: string;
  /** tlxc.image.server: https://images.linuxcontainers.org; plain http only where written out. */
  /** At least one; asked in this order. */
  readonly imageServers: readonly string[];
  /** No network is used for images. */
  readonly imageOffline: boolean;
  /** A file of certificates that image servers are trusted by as well; null: none. */
  readonly imageCa: string | null;
  /** Pinned OpenPGP keys; null: none. */
  readonly imageKeyring: string | null;
  /** tlxc.bridge.*: see network/. */
  readonly settings: Readonly<Record<string, string>>;
  /** lxc.cgroup.pattern, "" unless set; lxc.cgroup.use. */
  readonly cgroupPattern: string;
  readonly cgroupUse: readonly string[];
}
