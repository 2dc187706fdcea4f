/**
 * What an untrusted configuration may say: a list of what is the container's alone. All that is not on it runs programs of
 * the host, shows or writes its files, takes its devices and ports, or loosens what keeps the container in.
 */
import { basename } from 'node:path';
import { mountEntry } from '../../config/values/mount.ts';
import { bufferSize } from '../../config/values/plain.ts';

export interface Receiver {
  /** It gets an id map: its root is nobody on the host. */
  readonly idmapped: boolean;
  /** Where the container was: LXCPATH/NAME there. */
  readonly formerDir: string;
  /** Bridges that every container of this host may be on. */
  readonly bridges: readonly string[];
}

type Judge = (value: string, receiver: Receiver) => boolean;

const any: Judge = () => true;
const only =
  (...values: readonly string[]): Judge =>
  (value) =>
    values.includes(value);
const allOf =
  (words: RegExp): Judge =>
  (value) =>
    value.split(/[ \t]+/).every((word) => words.test(word));
/** Emptying it would take a restriction back. */
const filled: Judge = (value) => value !== '';

const ENTRIES: Readonly<Record<string, Judge>> = {
  ...Object.fromEntries(
    [
      ...[
        'lxc.uts.name',
        'lxc.arch',
        'lxc.signal.halt',
        'lxc.signal.reboot',
        'lxc.signal.stop',
        'lxc.ephemeral',
      ],
      ...[
        'lxc.init.cmd',
        'lxc.init.cwd',
        'lxc.init.uid',
        'lxc.init.gid',
        'lxc.execute.cmd',
        'lxc.hook.version',
      ],
      ...['lxc.tty.max', 'lxc.tty.dir', 'lxc.pty.max'],
      ...['lxc.autodev', 'lxc.autodev.tmpfs.size', 'lxc.time.offset.boot', 'lxc.time.offset.monotonic'],
      ...['lxc.group', 'lxc.start.auto', 'lxc.start.order', 'lxc.log.level'],
      ...['tlxc.restart', 'tlxc.restart.delay', 'tlxc.restart.max'],
      // Of the root filesystem the importer sets both anew.
      ...[
        'lxc.rootfs.path',
        'lxc.rootfs.options',
        'tlxc.rootfs.volatile',
        'tlxc.mount.lxcfs',
        'lxc.net',
        'lxc.prlimit',
        'lxc.sysctl',
      ],
    ].map((key) => [key, any]),
  ),
  'lxc.console.buffer.size': isSmallBuffer,
  'lxc.console.size': isBoundedLog,
  'lxc.start.delay': isShortDelay,
  // A name alone is the importer's own variable.
  'lxc.environment': (value) => value === '' || /^[^=]+=/.test(value),
  'lxc.init.groups': (_, { idmapped }) => idmapped,
  // A privileged one has but what common.conf keeps.
  'lxc.cap.drop': (value, { idmapped }) => idmapped && value !== '',
  'lxc.no_new_privs': only('1'),
  'lxc.keyring.session': only('1'),
  'lxc.apparmor.profile': only('generated'),
  'tlxc.mount.masked': filled,
  'tlxc.mount.readonly': filled,
  'lxc.mount.auto': allOf(
    /^(proc|proc:mixed|sys|sys:mixed|sys:ro|cgroup(:mixed|:ro|:rw)?(:force)?|cgroup2(:ro)?(:force)?)$/,
  ),
  'lxc.mount.entry': isOwnMount,
  'tlxc.mount.base': isOwnMount,
  // Its directory is the host's: no name there but that of a log.
  'lxc.console.logfile': (value, { formerDir }) =>
    value === '' ||
    (value.startsWith(`${formerDir}/`) && /^[A-Za-z0-9_-]+\.log$/.test(value.slice(formerDir.length + 1))),
};

/** The monitor's memory, which no limit of the container's counts. */
const LARGEST_BUFFER = 1024 * 1024;

/** The log of the console lies beside the root filesystem, which may have a size; 0 would be no limit. */
const LARGEST_LOG = 16 * 1024 * 1024;

function isSmallBuffer(value: string): boolean {
  return value === '' || sizeOf(value) <= LARGEST_BUFFER;
}

function isBoundedLog(value: string): boolean {
  const size = sizeOf(value);
  return size > 0 && size <= LARGEST_LOG;
}

/** Infinity: it is none. */
function sizeOf(value: string): number {
  try {
    return bufferSize(value);
  } catch {
    return Infinity;
  }
}

/** All that start after it at the host's boot wait so long. */
const LONGEST_DELAY = 60;

function isShortDelay(value: string): boolean {
  return /^\d{0,2}$/.test(value) && Number(value) <= LONGEST_DELAY;
}

/** What common.conf allows: a fork bomb ends there. */
const MOST_TASKS = 16_384;

function isNoMoreTasks(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= MOST_TASKS;
}

/**
 * Families of keys: the first pattern that fits judges. Of limits, those that take from the container alone. Memory that is kept
 * for it (memory.min, io.latency), CPUs of its own (cpuset.cpus.partition), locked memory (memlock) and realtime (rtprio, nice,
 * cpu.rt_*) are taken from everybody else.
 */
const FAMILIES: readonly (readonly [RegExp, Judge])[] = [
  [/^lxc\.cgroup2?\.pids\.max$/, isNoMoreTasks],
  [/^tlxc\.health\.[a-z-]+$/, any],
  [/^lxc\.cgroup2?\.(hugetlb|rdma)\.[A-Za-z0-9_.]+$/, any],
  [/^lxc\.cgroup2?\.(io|blkio)\.(max|weight|weight_device|bfq\.weight|throttle\.[a-z_]+)$/, any],
  [/^lxc\.cgroup\.memory\.((memsw\.|soft_|kmem\.|kmem\.tcp\.)?limit_in_bytes|swappiness)$/, any],
  [/^lxc\.cgroup2\.memory\.((swap\.|zswap\.)?(max|high)|oom\.group)$/, any],
  [/^lxc\.cgroup2?\.cpu\.(cfs_quota_us|cfs_period_us|shares|max|max\.burst|weight|weight\.nice|idle)$/, any],
  [/^lxc\.cgroup2?\.cpuset\.(cpus|mems)$/, any],
  [/^lxc\.prlimit\.(as|core|cpu|data|fsize|locks|nofile|nproc|rss|rttime|sigpending|stack)$/, any],
  [/^lxc\.sysctl\.(net(\.[A-Za-z0-9_-]+)+|fs\.mqueue\.[a-z_]+)$/, any],
  [/^lxc\.sysctl\.kernel\.(shm[a-z_]+|msg[a-z_]+|sem|sem_next_id|domainname|hostname)$/, any],
  [/^tlxc\.credential\.set\.[A-Za-z0-9_.@+-]+$/, any],
  [/^lxc\.net\.\d+$/, any],
  [/^lxc\.net\.\d+\.type$/, only('veth', 'empty')],
  [/^lxc\.net\.\d+\.link$/, (value, { bridges }) => value === '' || bridges.includes(value)],
  [/^lxc\.net\.\d+\.(flags|name|hwaddr|mtu|ipv[46]\.(address|gateway))$/, any],
  [/^tlxc\.net\.\d+\.(ipv4\.static|ipv[46]\.lease)$/, any],
];

/** Of these nothing leads to a file or a device of the host; the kernel's own are bounded by the user namespace. */
const MEMORY_FILESYSTEMS = ['tmpfs', 'ramfs', 'mqueue'];
const KERNEL_FILESYSTEMS = ['proc', 'sysfs'];
const FLAG =
  /^(defaults|optional|create=(dir|file)|ro|rw|(no)?(suid|dev|exec|atime|diratime|relatime|strictatime)|relatime|strictatime|nosymfollow)$/;
const TMPFS_DATA = /^(mode|size|uid|gid|nr_inodes|nr_blocks)=[0-9]+[kmgKMG%]?$/;

/** A filesystem without a source, or a part of the root filesystem in another place of it. */
function isOwnMount(value: string, { idmapped }: Receiver): boolean {
  if (value === '') return true;
  const mount = parsed(value);
  if (mount === null) return false;
  const { fstype, options } = mount;
  if (options.includes('relative'))
    return (
      options.some((word) => word === 'bind' || word === 'rbind') &&
      options.every((word) => /^(r?bind|relative)$/.test(word) || FLAG.test(word))
    );
  const allowed = idmapped ? [...MEMORY_FILESYSTEMS, ...KERNEL_FILESYSTEMS] : MEMORY_FILESYSTEMS;
  return allowed.includes(fstype) && options.every((word) => FLAG.test(word) || TMPFS_DATA.test(word));
}

function parsed(value: string): ReturnType<typeof mountEntry> | null {
  try {
    return mountEntry(value, { warn: () => undefined });
  } catch {
    return null;
  }
}

/** Profiles of containers; what makes one more of the host's than those is left. */
const PROFILE = /^(([a-z0-9-]+\.)?(common|userns)|oci|no-nesting)\.conf$/;

/** Whether a shipped file may be included. */
export const isHarmlessProfile = (file: string, { idmapped }: Receiver): boolean =>
  PROFILE.test(basename(file)) || (idmapped && basename(file) === 'nesting.conf');

/** "": the line may stay; else why not. Known keys only; not for lxc.include. */
export function whyUntrusted(key: string, value: string, receiver: Receiver): string {
  const judge = Object.hasOwn(ENTRIES, key)
    ? ENTRIES[key]
    : FAMILIES.find(([pattern]) => pattern.test(key))?.[1];
  if (judge?.(value, receiver) === true) return '';
  if (value === '') return 'it takes back what keeps the container in';
  if (/^lxc\.net\.\d+\.link$/.test(key)) return 'it is a network of the host that not every container is on';
  if (key === 'lxc.mount.entry' || key === 'tlxc.mount.base') return 'it may show the host to the container';
  if (/^lxc\.(cgroup2?|prlimit|console\.(buffer\.)?size|start)\b/.test(key))
    return 'it may take from the host what others need';
  return 'it may reach into the host';
}

/** Flags of a mount, of what lxc.rootfs.options says. */
export const isPlainMountOption = (word: string): boolean => FLAG.test(word);
