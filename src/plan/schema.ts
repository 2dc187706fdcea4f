/**
 * The start plan: the one value that passes from TypeScript (which decides) to tlxc-monitor (which does).
 *
 * This schema is its single source. `Static` gives the TypeScript types (types.ts); `.ci/generate-plan.ts`
 * writes the C++ structs and their strict reader (native/plan/plan.gen.{h,cc}) from the same objects.
 * Every default is applied before a plan exists: there is no optional field that native code would fill.
 * "Nothing" is an empty string, an empty list, or null, as each field says.
 */
import { Type } from '@sinclair/typebox';
import { Hook, Origin, flag, names, record, text, texts, whole } from './schema-parts.ts';
import { GiveDevice } from './schema-device.ts';
import { Forwards } from './schema-forward.ts';
import { Health } from './schema-health.ts';
import { Restart } from './schema-restart.ts';
import { Interface } from './schema-interface.ts';

export { Hook, Origin } from './schema-parts.ts';

/** The version of the plan's format; the executor refuses any other. */
export const PLAN_VERSION = 1;

const InputFile = record('InputFile', { path: text, inode: text, size: whole, mtimeNs: text });

export const IdMapEntry = record('IdMapEntry', {
  kind: names('IdKind', 'uid', 'gid'),
  inside: whole,
  outside: whole,
  count: whole,
  origin: Origin,
});

const Hooks = record('Hooks', {
  preStart: Type.Array(Hook),
  preMount: Type.Array(Hook),
  mount: Type.Array(Hook),
  autodev: Type.Array(Hook),
  startHost: Type.Array(Hook),
  start: Type.Array(Hook),
  stop: Type.Array(Hook),
  postStop: Type.Array(Hook),
  /** lxc.hook.version: 0 or 1. */
  version: whole,
  /** KEY=VALUE, the whole environment of every hook but start, without what only the executor learns (LXC_PID, LXC_TARGET …). */
  environment: texts,
  /** The same for start hooks, which are programs of the container's: little of it is the caller's. */
  insideEnvironment: texts,
  /** KEY=VALUE, added for hooks that run in the child (lxc.environment, lxc.environment.hooks). */
  childEnvironment: texts,
});

export const Namespace = names('Namespace', 'user', 'mount', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'time');

/** A namespace joined instead of created (lxc.namespace.share.*, --share-*), in the order of joining. */
const SharedNamespace = record('SharedNamespace', {
  namespace: Namespace,
  path: text,
  /** What the path has to lead to: it may be of a process that has ended meanwhile. "": anything. */
  inode: text,
  origin: Origin,
});

/** How far a clock of the new time namespace is ahead; nanoseconds count upwards from the seconds. */
const ClockOffset = record('ClockOffset', {
  clock: names('Clock', 'monotonic', 'boottime'),
  seconds: whole,
  nanoseconds: whole,
  origin: Origin,
});

/** A resource limit of init; soft and hard as decimal text of 64 bits, or "unlimited". */
const ResourceLimit = record('ResourceLimit', { resource: text, soft: text, hard: text, origin: Origin });

/** A file of init's directory in the host's /proc, written before init is executed. */
const ProcFile = record('ProcFile', { file: text, value: text, origin: Origin });

/** A file below /proc/sys, written in the container's namespaces. */
const Sysctl = record('Sysctl', {
  path: text,
  value: text,
  /** Something is mounted over it in the host's /proc: it is written through a procfs of the container's processes. */
  ownProc: flag,
  origin: Origin,
});

/** One write into a cgroup file, made before init's first instruction. */
const CgroupSetting = record('CgroupSetting', { file: text, value: text, origin: Origin });

/** One mounted cgroup hierarchy and the container's place in it. All group paths are relative to mountPoint. */
export const CgroupHierarchy = record('CgroupHierarchy', {
  version: whole,
  mountPoint: text,
  /** v1: the controllers mounted together, or name=systemd. v2: the controllers to enable on the way down. */
  controllers: texts,
  /** The group where the limits sit; the container cannot write it. */
  limitGroup: text,
  /** The group that is the root of the container's cgroup namespace: limitGroup or a child of it. */
  innerGroup: text,
  /** The monitor's group: its own, or where it is pivotGroup the one that all share; "" leaves it where it is. */
  monitorGroup: text,
  /** Where the monitor goes at the end so that its own group can be removed; made where it is missing, and stays. */
  pivotGroup: text,
  settings: Type.Array(CgroupSetting),
  /** Those of them that limitGroup does not hand down: written to innerGroup, too. */
  innerSettings: Type.Array(CgroupSetting),
  /** Files that are so: at a reboot limitGroup stays as it is, and a new innerGroup gets what is in them by then. */
  innerFiles: texts,
  /** Files of innerGroup handed to the container's root with the directory; []: nothing is handed over. */
  delegatedFiles: texts,
});

/** One rule of the device list on a v2 host (a BPF program); on v1 the rules are settings of the devices hierarchy. */
const DeviceRule = record('DeviceRule', {
  allow: flag,
  /** a, b or c. */
  type: text,
  /** -1: any. */
  major: whole,
  minor: whole,
  /** of r, w, m. */
  access: text,
});

const Cgroups = record('Cgroups', {
  hierarchies: Type.Array(CgroupHierarchy),
  deviceRules: Type.Array(DeviceRule),
  /** A group that already has processes in it: take NAME-1, NAME-2 …; false: an error. */
  allowSuffix: flag,
});

/**
 * What MOUNT_ATTR_IDMAP maps the ids of a mount with: "" nothing, "container" the container's user namespace, else the
 * path of a user namespace file of the host's.
 */
const Idmap = text;

/** private shared slave unbindable; with r before it, of all that is mounted below as well. */
const Propagation = text;

/** What an overlay shows below its changes: a directory, or a file with a filesystem that nobody can write. */
const Layer = record('Layer', {
  source: text,
  /** The filesystem in the file, which is put behind a loop device; "": source is a directory. */
  fstype: text,
});

/** The root filesystem, attached at mountPath before any other mount. */
export const Rootfs = record('Rootfs', {
  kind: names('RootfsKind', 'bind', 'overlay', 'image', 'device', 'none'),
  /** bind: the directory; image: the file, which is put behind a loop device. */
  source: text,
  /** overlay: lower layers, topmost first; upper and work lie in one directory, or are "": on a tmpfs of their own. */
  lower: Type.Array(Layer),
  upper: text,
  work: text,
  /** That tmpfs's options. */
  tmpfs: texts,
  /** image: the filesystem in it. */
  fstype: text,
  mountPath: text,
  idmap: Idmap,
  /** Of: ro nosuid nodev noexec noatime nodiratime relatime strictatime nosymfollow. */
  attributes: texts,
  /** overlay and image: further options of the filesystem, each "key" or "key=value". */
  options: texts,
  /** rprivate, unless lxc.rootfs.options names another. */
  propagation: Propagation,
  origin: Origin,
});

/**
 * What a mount's propagation is made at the very end; "": shared. Once the root is entered, all that is mounted becomes
 * shared between the mount namespaces inside the container, as LXC leaves it, whatever it was before.
 */
const LastPropagation = text;

/** A new filesystem. */
const MountFilesystem = record('MountFilesystem', {
  op: Type.Literal('filesystem'),
  fstype: text,
  source: text,
  target: text,
  attributes: texts,
  /** Filesystem options, each "key" or "key=value"; also the flags of the superblock: ro sync dirsync lazytime mand. */
  options: texts,
  /** By the monitor, whose device cgroup lets it open a block device; else from inside the container's namespaces. */
  byMonitor: flag,
  lastPropagation: LastPropagation,
  create: names('Create', 'none', 'dir', 'file'),
  optional: flag,
  origin: Origin,
});

/** Host's ids. */
const MountOwner = record('MountOwner', { uid: whole, gid: whole });

/** A bind mount of a host path (opened by the executor before the pivot) or of a path below the root filesystem. */
const MountBind = record('MountBind', {
  op: Type.Literal('bind'),
  source: text,
  sourceIn: names('SourceIn', 'host', 'rootfs'),
  recursive: flag,
  /** The source is a mount, which is itself moved, with all below it. */
  moves: flag,
  target: text,
  /** As Rootfs.attributes; "rw" and "dev" take back what the source's own mount has (/proc/sys/net below /proc/sys). */
  attributes: texts,
  /** "": as the source's; what the host mounts below it shows inside. */
  propagation: Propagation,
  lastPropagation: LastPropagation,
  create: names('Create', 'none', 'dir', 'file'),
  optional: flag,
  idmap: Idmap,
  /** Whose the files of the source's owner are through the mount; nobody else's are anybody's. Then idmap is "". */
  owner: Type.Union([MountOwner, Type.Null()]),
  origin: Origin,
});

/** Other attributes for what is mounted at target. */
const MountRemount = record('MountRemount', {
  op: Type.Literal('remount'),
  target: text,
  /** As Rootfs.attributes, and the words that take them back: rw suid dev exec atime diratime. */
  attributes: texts,
  /** What the filesystem itself is told; [] leaves it as it is. */
  options: texts,
  optional: flag,
  origin: Origin,
});

/** Hides a file or directory behind an empty, read-only one made by the executor. Absent target: nothing to do. */
const MountMask = record('MountMask', { op: Type.Literal('mask'), target: text, origin: Origin });

/** Makes what is already at target read-only (a bind onto itself). Absent target: nothing to do. */
const MountReadonly = record('MountReadonly', { op: Type.Literal('readonly'), target: text, origin: Origin });

/** A file with a boot id of this start, read-only over the kernel's, which is the host's. Absent target: nothing to do. */
const MountBootId = record('MountBootId', { op: Type.Literal('bootId'), target: text, origin: Origin });

/** A file that init alone reads; its bytes in hexadecimal. */
const CredentialFile = record('CredentialFile', { name: text, contents: text });

/** A read-only filesystem in memory, which is never swapped, with these files; all is uid's and gid's, as ids inside. */
const MountCredentials = record('MountCredentials', {
  op: Type.Literal('credentials'),
  target: text,
  uid: whole,
  gid: whole,
  files: Type.Array(CredentialFile),
  origin: Origin,
});

const MakeDirectory = record('MakeDirectory', {
  op: Type.Literal('directory'),
  target: text,
  mode: whole,
  origin: Origin,
});

const MakeSymlink = record('MakeSymlink', {
  op: Type.Literal('symlink'),
  target: text,
  to: text,
  origin: Origin,
});

/** A character device under /dev: mknod where the container may, else the host's node bound over an empty file. */
const MakeDevice = record('MakeDevice', {
  op: Type.Literal('device'),
  target: text,
  major: whole,
  minor: whole,
  mode: whole,
  bindFrom: text,
  origin: Origin,
});

/**
 * One change of the container's file tree. Targets are relative to the root filesystem ("dev/pts", never "/dev"),
 * resolved with openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), and never by string.
 */
export const TreeStep = Type.Union(
  [
    ...[MountFilesystem, MountBind, MountRemount, MountMask, MountReadonly, MountBootId],
    ...[MountCredentials, MakeDirectory, MakeSymlink, MakeDevice, GiveDevice],
  ],
  { $id: 'TreeStep' },
);

const Terminals = record('Terminals', {
  /** Mount a new devpts instance at dev/pts with these options. */
  devpts: flag,
  devptsMax: whole,
  /** gid of the tty group inside the container, -1: none. */
  devptsGid: whole,
  /**
   * pty: /dev/console is a pty; none: no console; path: a pty too, and the monitor carries its bytes to and from
   * consolePath, a host file or tty (which itself is never seen inside).
   */
  console: names('ConsoleKind', 'pty', 'none', 'path'),
  consolePath: text,
  consoleLog: text,
  /** bytes; 0: no limit. */
  consoleLogSize: whole,
  consoleLogRotate: flag,
  /** bytes of the in-memory ring buffer; 0: none. */
  consoleBuffer: whole,
  /** lxc.tty.max: ptys offered as /dev/tty1 … ttyN. */
  ttys: whole,
  /** lxc.tty.dir, relative to /dev; "": the ptys are bound over /dev/ttyN themselves. */
  ttyDir: text,
  origin: Origin,
});

/** A plain user for whom the monitor runs: without privilege, but for what these programs give. */
export const User = record('User', {
  /** newuidmap(1) and newgidmap(1), absolute paths: the maps are written by them. */
  newUidMap: text,
  newGidMap: text,
  /** tlxc-user-nic, absolute path: makes the veth pairs; "": no interface needs it. */
  nic: text,
});

const SeccompArgument = record('SeccompArgument', {
  index: whole,
  op: names('SeccompOp', 'ne', 'lt', 'le', 'eq', 'ge', 'gt', 'masked_eq'),
  /** Unsigned 64-bit numbers as decimal text: JSON numbers cannot hold them. */
  value: text,
  mask: text,
});

const SeccompRule = record('SeccompRule', {
  /** A name, or the decimal number of a call of the native architecture (policies of version 1). */
  syscall: text,
  /** "" all architectures of the filter, else a libseccomp name (x86_64, x86, x32 …). */
  arch: text,
  action: names('SeccompAction', 'allow', 'errno', 'kill', 'trap', 'log', 'notify'),
  errno: whole,
  arguments: Type.Array(SeccompArgument),
  origin: Origin,
});

/** Who answers the calls of rules with the action notify: the monitor asks the proxy. */
const SeccompNotify = record('SeccompNotify', {
  /** A socket's path, at-sign and NAME for an abstract one; "": nobody, such calls get ENOSYS. */
  proxy: text,
  /** Added to each message; "": nothing. */
  cookie: text,
  origin: Origin,
});

/** A seccomp policy, parsed in TypeScript and compiled by libseccomp in the executor. */
export const Seccomp = record('Seccomp', {
  defaultAction: names('SeccompAction', 'allow', 'errno', 'kill', 'trap', 'log', 'notify'),
  defaultErrno: whole,
  /** libseccomp names beside the native architecture. */
  architectures: texts,
  rules: Type.Array(SeccompRule),
  /** null: no rule has the action notify. */
  notify: Type.Union([SeccompNotify, Type.Null()]),
  /** A file under the run directory that holds (or will hold) this policy's compiled form; another policy, another name. */
  cache: text,
});

/** A profile made for this container alone. */
const AppArmorProfile = record('AppArmorProfile', {
  name: text,
  /** The policy namespace that is made for it; "": none. */
  namespace: text,
  /** Where the text is written for the loader, which keeps its compiled form as long as the file stays the same. */
  file: text,
  text: text,
  /** argv of the loader. */
  load: texts,
  origin: Origin,
});

const Security = record('Security', {
  /** Capabilities kept in the bounding set, names without CAP_, lower case. */
  capabilities: texts,
  noNewPrivileges: flag,
  /** A new session keyring for the container. */
  newKeyring: flag,
  /** AppArmor label to enter at exec; "": none. */
  apparmorProfile: text,
  /** Loaded before the monitor begins, removed by it at its end; null: none. */
  apparmorGenerated: Type.Union([AppArmorProfile, Type.Null()]),
  /** SELinux contexts to enter at exec and of the new keyring; "": none. */
  selinuxContext: text,
  keyringContext: text,
  /** Which line asked for them. */
  selinuxOrigin: Origin,
  seccomp: Type.Union([Seccomp, Type.Null()]),
});

const Init = record('Init', {
  argv: texts,
  /** A static program of the host's that is executed from a sealed copy in memory; "": argv[0], in the container. */
  program: text,
  cwd: text,
  uid: whole,
  gid: whole,
  /** Supplementary groups, all of them. */
  groups: Type.Array(whole),
  /** A core scheduling domain of its own. */
  coreScheduling: flag,
  /** KEY=VALUE, the whole environment but for container_ttys, which the executor knows. */
  environment: texts,
  /** "", linux32 or linux64. */
  personality: text,
  origin: Origin,
});

const Signals = record('Signals', {
  /** 0: SIGRTMIN+3 if init blocks it when asked, else SIGPWR. */
  halt: whole,
  reboot: whole,
  stop: whole,
  parentDeath: whole,
});

const Monitor = record('Monitor', {
  /** A file that gets the monitor's process id; "": none. */
  pidFile: text,
  /** false: leave the caller's session, standard streams on /dev/null. */
  foreground: flag,
  /** The process title shown by ps. */
  title: text,
  /** A mount namespace of its own, in which the host's mounts are slaves, before its first hook (lxc.monitor.unshare). */
  unshare: flag,
  /** Run with the hooks' environment once nothing of the container is left, if it ever ran (lxc.ephemeral). */
  afterStop: Type.Array(Hook),
  /** Files of the host's that are true only while it runs: removed by the monitor at the end (the bridge's DNS record). */
  removeAtEnd: texts,
  /** null: it stays as it ends (tlxc.restart). */
  restart: Type.Union([Restart, Type.Null()]),
});

/** CRIU makes init and all that runs below it from a checkpoint, in place of the first start; a reboot starts it anew. */
const Restore = record('Restore', {
  /** argv of criu(8), whole but for --root, --pidfile and --cgroup-root, which the executor adds. */
  argv: texts,
});

/** What the console prints and the monitor has to tell, kept without being asked for (tlxc-logs). */
const Journal = record('Journal', {
  /** Its own directory, made where it is missing, in one that is there; "": nothing is kept. */
  directory: text,
  /** Bytes of each file. */
  size: whole,
  /** How many files, the one that is written to included. */
  files: whole,
});

export const StartPlan = record('StartPlan', {
  version: whole,
  name: text,
  lxcpath: text,
  /** The run directory of this container: monitor.lock, monitor.sock and instance.json live in it. */
  runDir: text,
  configFile: text,
  inputs: Type.Array(InputFile),
  logFile: text,
  logLevel: text,
  /** The syslog's facility as syslog(3) counts them (LOG_DAEMON is 24); 0: nothing is sent there. */
  logFacility: whole,
  journal: Journal,
  monitor: Monitor,
  hooks: Hooks,
  namespaces: Type.Array(Namespace),
  shared: Type.Array(SharedNamespace),
  clockOffsets: Type.Array(ClockOffset),
  idmap: Type.Array(IdMapEntry),
  /** null: the monitor is root's. Else what is taken from the host is taken by the child, in its own namespaces. */
  user: Type.Union([User, Type.Null()]),
  cgroups: Cgroups,
  rootfs: Rootfs,
  hostname: text,
  /** Before the mount hooks: /dev, /proc, /sys, fstab, entries, cgroup. */
  tree: Type.Array(TreeStep),
  /** After the autodev hooks: device nodes and links of /dev. */
  devices: Type.Array(TreeStep),
  terminals: Terminals,
  /** After the pivot: what must be read-only or hidden last. */
  protect: Type.Array(TreeStep),
  interfaces: Type.Array(Interface),
  /** null: none. */
  forwards: Type.Union([Forwards, Type.Null()]),
  sysctls: Type.Array(Sysctl),
  limits: Type.Array(ResourceLimit),
  procFiles: Type.Array(ProcFile),
  security: Security,
  signals: Signals,
  init: Init,
  /** null: nobody asks whether it is well. */
  health: Type.Union([Health, Type.Null()]),
  /** null: init is executed. */
  restore: Type.Union([Restore, Type.Null()]),
});
