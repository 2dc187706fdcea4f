/**
 * The text of an AppArmor profile made for one container (lxc.apparmor.profile = generated). apparmor.d(5)
 *
 * It holds back what root could do to the whole host: its knobs, its kernel filesystems, mounts that lead around
 * either. What belongs to the container's own namespaces stays open.
 */
import { allBut } from './apparmor-patterns.ts';

export interface ProfileTraits {
  readonly name: string;
  /** The policy namespace stacked on it, in which the container may load profiles of its own; "": none. */
  readonly namespace: string;
  /** Root inside is root on the host. */
  readonly privileged: boolean;
  /** lxc.apparmor.allow_nesting */
  readonly nesting: boolean;
  /** lxc.apparmor.raw */
  readonly raw: readonly string[];
}

interface Section {
  readonly title: string;
  readonly rules: readonly string[];
}

/** No writing, linking, locking or executing. */
const HELD = 'wklx';
const CLOSED = `r${HELD}`;

const deny = (access: string, paths: readonly string[]): string[] =>
  paths.map((path) => `deny ${path} ${access},`);

const EVERYDAY: Section = {
  title: 'what every program does; who may signal or trace the other is up to the other, too',
  rules: [
    ...['file', 'network', 'capability', 'umount', 'dbus'].map((rule) => `${rule},`),
    ...['signal peer=@{profile_name}', 'signal (receive)'].map((rule) => `${rule},`),
    ...['unix peer=(label=@{profile_name})', 'unix (receive)'].map((rule) => `${rule},`),
    ...['ptrace peer=@{profile_name}', 'ptrace (readby, tracedby)'].map((rule) => `${rule},`),
  ],
};

const MACHINE: Section = {
  title: "the host's machine and kernel, by files of /proc and /sys",
  rules: [
    ...deny(CLOSED, ['/proc/kcore', '/proc/sysrq-trigger', '/proc/acpi/**', '/sys/kernel/debug/{,**}']),
    ...deny(CLOSED, ['/sys/kernel/tracing/{,**}', '/sys/firmware/efi/efivars/**']),
    ...deny(HELD, ['/proc/bus/**', '/proc/irq/**', '/proc/mtrr']),
  ],
};

/** Parameters of the container's own namespaces. */
const OWN_PARAMETERS = ['net', 'fs/mqueue', 'kernel/hostname', 'kernel/domainname'];
const OWN_IPC_PARAMETERS = ['kernel/shm*', 'kernel/sem*', 'kernel/msg*'];
/** Of the user namespace of an unprivileged one. */
const OWN_USER_PARAMETERS = ['user', 'fs/binfmt_misc'];
const OWN_SYSFS = ['fs/cgroup', 'class/net', 'devices/virtual/net'];

function knobs({ privileged, nesting, namespace }: ProfileTraits): Section {
  const parameters = [...OWN_PARAMETERS, ...OWN_IPC_PARAMETERS, ...(privileged ? [] : OWN_USER_PARAMETERS)];
  const sysfs = namespace === '' ? OWN_SYSFS : [...OWN_SYSFS, 'kernel/security/apparmor'];
  return {
    title: "parameters of the kernel but those of the container's own namespaces",
    rules: nesting
      ? [
          // A nested container's kernel filesystems are at places of its own.
          ...deny(HELD, allBut('/proc/sys/fs', privileged ? ['mqueue'] : ['mqueue', 'binfmt_misc'])),
          ...deny('rw', ['/dev/.lxc/proc/**', '/dev/.lxc/sys/**']),
        ]
      : [...deny(HELD, allBut('/proc/sys', parameters)), ...deny(HELD, allBut('/sys', sysfs))],
  };
}

const FREE_FILESYSTEMS = ['tmpfs', 'ramfs', 'mqueue', 'hugetlbfs', 'fuse', 'fuse.*'];
const KERNEL_FILESYSTEMS = (
  'proc sysfs debugfs tracefs securityfs configfs pstore efivarfs fusectl devtmpfs bpf binfmt_misc nfsd selinuxfs ' +
  'rpc_pipefs'
).split(' ');
const CHANGES_OF_PROPAGATION = ['private', 'slave', 'shared', 'unbindable'].flatMap((kind) => [
  kind,
  `r${kind}`,
]);
/** The rules above know files by their paths: what they name must not have another. */
const ONE_PLACE = ['/proc{,/,/**}', '/sys{,/,/**}', '/dev/.lxc{,/,/**}'];
const PROTECTIONS = ['nodev', 'nosuid', 'noexec'];
const ACCESS_TIMES = ['', 'noatime', 'strictatime'];

/** AppArmor compares the whole set of a mount's options. */
function readonlyRemounts(): string[] {
  const subsets = PROTECTIONS.reduce<string[][]>(
    (sets, option) => [...sets, ...sets.map((set) => [...set, option])],
    [[]],
  );
  return subsets.flatMap((set) =>
    ACCESS_TIMES.map((time) => {
      const options = ['ro', 'remount', 'bind', ...set, ...(time ? [time] : [])];
      return `mount options=(${options.join(',')}),`;
    }),
  );
}

/**
 * Never "rw" beside another option: the parser of Debian 12 then allows any new mount without options as well, and with
 * "ro, remount, bind" any new read-only mount and any bind. Hence what is not for a container is denied by itself.
 */
function privilegedMounts(): string[] {
  const moves = ['bind', 'rbind', 'move'];
  return [
    ...FREE_FILESYSTEMS.map((type) => `mount fstype=${type},`),
    ...['cgroup', 'cgroup2'].map((type) => `mount fstype=${type} -> /sys/fs/cgroup/**,`),
    ...CHANGES_OF_PROPAGATION.map((kind) => `mount options=(make-${kind}) -> /{,**},`),
    ...moves.map((how) => `mount options=(${how}),`),
    ...readonlyRemounts(),
    ...KERNEL_FILESYSTEMS.map((type) => `deny mount fstype=${type},`),
    ...moves.flatMap((how) => ONE_PLACE.map((from) => `deny mount options=(${how}) ${from},`)),
    ...['rbind', 'move'].map((how) => `deny mount options=(${how}) /,`),
  ];
}

function mounts({ privileged, nesting }: ProfileTraits): Section {
  if (privileged && !nesting)
    return { title: 'mounts that show nothing of the host anew', rules: privilegedMounts() };
  const title = privileged
    ? 'nesting: a container inside mounts as its own manager pleases'
    : 'the kernel lets a user namespace mount only what is its own';
  return { title, rules: ['mount,', 'pivot_root,', ...(nesting ? ['ptrace,', 'signal,'] : [])] };
}

function ownPolicy({ name, namespace, nesting }: ProfileTraits): Section {
  const profiles = [`":${namespace}:*"`, `":${namespace}://*"`];
  return {
    title: 'profiles that it may change to',
    rules:
      namespace === ''
        ? [...(nesting ? [`change_profile -> "${name}",`] : deny(CLOSED, ['/sys/kernel/security/{,**}']))]
        : profiles.map((profile) => `change_profile -> ${profile},`),
  };
}

/** Quoted: the name holds the path of the store. */
export function profileText(traits: ProfileTraits): string {
  const sections = [EVERYDAY, MACHINE, knobs(traits), mounts(traits), ownPolicy(traits)];
  const raw = { title: 'lxc.apparmor.raw', rules: traits.raw };
  return [
    `profile "${traits.name}" flags=(attach_disconnected,mediate_deleted) {`,
    ...[...sections, raw].flatMap(({ title, rules }) => [
      '',
      `  # ${title}`,
      ...rules.map((rule) => `  ${rule}`),
    ]),
    '}',
    '',
  ].join('\n');
}
