/** What a test may need of the host, and how each is found out: by trying it, never by a version number. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { debianMirror, debianTar } from './cache.ts';

/** The system's programs: npm puts node_modules/.bin before them, which has an nft of its own. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** A reason why the host lacks the feature, undefined when it has it. */
type Probe = () => string | undefined;

const probes = {
  root: () => (process.getuid?.() === 0 ? undefined : 'not run as root'),
  userns: () => attempt('unshare', ['--user', '--map-root-user', 'true']),
  netns: () => attempt('unshare', ['--net', 'true']),
  veth: () =>
    attempt('unshare', ['--net', 'ip', 'link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1']),
  bridge: () => attempt('unshare', ['--net', 'ip', 'link', 'add', 'probe0', 'type', 'bridge']),
  macvlan: () => onVeth('macvlan'),
  ipvlan: () => onVeth('ipvlan'),
  vlan: () => onVeth('vlan', 'id', '5'),
  /** A bridge that keeps VLANs apart. */
  vlanfilter: () =>
    attempt('unshare', ['--net', 'ip', 'link', 'add', 'probe0', 'type', 'bridge', 'vlan_filtering', '1']),
  openvswitch: () => program('ovs-vsctl') ?? attempt('ovs-vsctl', ['--timeout=5', 'show']),
  overlay: () =>
    attempt('unshare', [
      ...['--mount', 'sh', '-ec'],
      'mount -t tmpfs none /mnt; cd /mnt; mkdir l u w m; mount -t overlay none -o lowerdir=l,upperdir=u,workdir=w m',
    ]),
  /** The filesystem that holds the scratch directories takes idmapped mounts. */
  idmap: () => attempt('perl', [fileURLToPath(new URL('idmapped-mount.pl', import.meta.url)), tmpdir()]),
  /** A v1 hierarchy with the memory controller in which a group can be made. */
  cgroup1: () => cgroup('cgroup', 'memory'),
  /** The unified hierarchy holds the controllers. */
  cgroup2: () => cgroup('cgroup2', 'memory'),
  /** The scratch directories lie on a whole disk, and the kernel limits what is written to it. */
  blockthrottle: () => diskIsThrottled(),
  seccomp: () =>
    existsSync('/proc/sys/kernel/seccomp/actions_avail') ? undefined : 'the kernel has no seccomp filters',
  apparmor: () =>
    existsSync('/sys/kernel/security/apparmor/profiles')
      ? undefined
      : 'AppArmor is not enabled in the kernel',
  /** A file can be put behind a loop device. */
  loop: () =>
    program('mkfs.ext4') ?? program('debugfs') ?? program('mksquashfs') ?? attempt('losetup', ['--find']),
  /** A filesystem in a file can lose what is not on its disk yet. */
  powercut: () => powerCuts(),
  /** The scratch directories lie on ext4, or one of those before it. */
  ext: () => (statfsSync(tmpdir()).type === 0xef53 ? undefined : `${tmpdir()} does not lie on ext4`),
  btrfs: () => filesystem('btrfs'),
  xfs: () => filesystem('xfs'),
  /** Debian's lxc, the oracle. */
  lxc: () => program('lxc-start'),
  /** Debian's lxc-templates, the templates that build systems. */
  'lxc-templates': () => file('/usr/share/lxc/templates/lxc-debian'),
  /** The documentation that comes with Debian's lxc, which a slim system leaves out. */
  'lxc-manual': () =>
    file('/usr/share/man/man5/lxc.container.conf.5.gz') ?? file('/usr/share/doc/lxc/examples'),
  /** A busybox linked statically, of which a root filesystem is made. */
  busybox: () => program('busybox') ?? staticallyLinked('busybox'),
  debootstrap: () => program('debootstrap'),
  mmdebstrap: () => program('mmdebstrap'),
  /** A Debian root filesystem: made once, or its archive answers. */
  debian: () => (existsSync(debianTar) ? undefined : (program('mmdebstrap') ?? archiveAnswers())),
  /** Debian's archive answers, and apt knows what it has. */
  archive: () => archiveAnswers() ?? attempt('sh', ['-c', 'apt-cache show xz-utils >/dev/null']),
  dnsmasq: () => program('dnsmasq'),
  nftables: () => program('nft') ?? attempt('unshare', ['--net', 'nft', 'add', 'table', 'inet', 'probe']),
  /** Plain users can have containers: newuidmap, and a checkout whose programs they can run. */
  users: () => program('newuidmap') ?? openToOthers(fileURLToPath(new URL('../../bin', import.meta.url))),
  passt: () => program('passt') ?? file('/dev/net/tun'),
  strace: () => program('strace'),
  /** A registry for OCI images, Debian's docker-registry. */
  registry: () => program('docker-registry') ?? program('openssl'),
  squashfs: () => program('mksquashfs') ?? program('unsquashfs'),
  erofs: () =>
    program('mkfs.erofs') ??
    attempt('unshare', [
      ...['--mount', 'sh', '-ec'],
      'd=$(mktemp -d); trap "rm -rf $d" EXIT; mkdir $d/t; mkfs.erofs $d/f $d/t >/dev/null; mount -t erofs -o loop $d/f /mnt',
    ]),
  /** The scratch directories' filesystem keeps extended attributes and access control lists, and there are programs for them. */
  attributes: () => program('getfattr') ?? program('setfacl') ?? keepsAttributes(),
  /** Signs, and verifies as tlxc-image does. */
  gpg: () => program('gpg') ?? program('gpgv'),
  /** lxcfs can be mounted. */
  lxcfs: () => program('lxcfs') ?? file('/dev/fuse'),
  /** Its node; the class of devices that most hosts have. */
  tun: () => file('/dev/net/tun'),
  fuse: () => file('/dev/fuse'),
  /** For the small C programs of tests. */
  compiler: () => program('gcc'),
  zsh: () => program('zsh'),
  fish: () => program('fish'),
  /** util-linux's script(1), which gives a command a terminal. */
  terminal: () => program('script'),
} satisfies Record<string, Probe>;

export type Feature = keyof typeof probes;

export const features = Object.keys(probes) as readonly Feature[];

const found = new Map<Feature, string | undefined>();

/** Why this host lacks the feature, undefined when it has it. Each feature is tried once a process. */
export function reasonMissing(feature: Feature): string | undefined {
  if (!found.has(feature)) found.set(feature, probes[feature]());
  return found.get(feature);
}

function attempt(command: string, args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH },
  });
  if (error !== undefined) return `${command}: ${error.message}`;
  return status === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `${command} failed`);
}

/** Whether everybody may pass through the directories down to path. */
function openToOthers(path: string): string | undefined {
  if ((statSync(path).mode & 0o001) === 0) return `${path} is closed to other users`;
  return path === '/' ? undefined : openToOthers(dirname(path));
}

/** An interface of this type on an end of a veth pair. */
function onVeth(...type: readonly string[]): string | undefined {
  const add = `ip link add probe0 type veth peer name probe1; ip link add link probe0 name probe2 type ${type.join(' ')}`;
  return attempt('unshare', ['--net', 'sh', '-ec', add]);
}

function keepsAttributes(): string | undefined {
  const file = join(tmpdir(), `tlxc-probe-${process.pid}`);
  const set = 'touch "$0"; setfattr -n user.probe -v x "$0"; setfacl -m u:65000:r "$0"';
  try {
    return attempt('sh', ['-ec', set, file]);
  } finally {
    rmSync(file, { force: true });
  }
}

function archiveAnswers(): string | undefined {
  const file = join(tmpdir(), `tlxc-probe-${process.pid}`);
  try {
    return attempt('/usr/lib/apt/apt-helper', [
      'download-file',
      `${debianMirror}/dists/bookworm/Release`,
      file,
    ]);
  } finally {
    rmSync(file, { force: true });
  }
}

function locate(name: string): string | undefined {
  return PATH.split(delimiter)
    .map((place) => join(place, name))
    .find((file) => existsSync(file));
}

const file = (path: string): string | undefined =>
  existsSync(path) ? undefined : `${path} is not installed`;

/** Can be made in a file, and mounted. */
function filesystem(type: string): string | undefined {
  const line = `f=$(mktemp); trap 'rm -f $f' EXIT; truncate -s 320M $f; mkfs.${type} -q $f; mount -t ${type} -o loop $f /mnt`;
  return program(`mkfs.${type}`) ?? attempt('unshare', ['--mount', 'sh', '-ec', line]);
}

function powerCuts(): string | undefined {
  const cut = fileURLToPath(new URL('power-cut.pl', import.meta.url));
  const line = `f=$(mktemp); trap 'rm -f $f' EXIT; truncate -s 16M $f; mkfs.ext4 -q $f; mount -o loop $f /mnt; perl ${cut} /mnt`;
  return program('mkfs.ext4') ?? attempt('unshare', ['--mount', 'sh', '-ec', line]);
}

function program(name: string): string | undefined {
  return locate(name) === undefined ? `${name} is not installed` : undefined;
}

/** ELF without an interpreter: file(1) is not everywhere, so the string is looked for. */
function staticallyLinked(name: string): string | undefined {
  const head = readFileSync(locate(name) ?? '/dev/null').subarray(0, 4096);
  return head.includes('ld-linux') ? `${name} is not linked statically` : undefined;
}

/** A writable hierarchy of this type, whose mount options (v1) or cgroup.controllers (v2) name the controller. */
function cgroup(type: 'cgroup' | 'cgroup2', controller: string): string | undefined {
  const mounts = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  const point = mounts.find(
    ([, mountPoint = '', fstype, options = '']) =>
      fstype === type &&
      (type === 'cgroup' ? options.split(',') : controllersOf(mountPoint)).includes(controller),
  )?.[1];
  if (point === undefined) return `no ${type} hierarchy has the ${controller} controller`;
  const probe = join(point, `tlxc-probe-${process.pid}`);
  try {
    mkdirSync(probe);
    rmdirSync(probe);
    return undefined;
  } catch (error) {
    return `${point}: ${(error as Error).message}`;
  }
}

function diskIsThrottled(): string | undefined {
  const { dev } = statSync(tmpdir());
  const disk = `/sys/dev/block/${Math.floor(dev / 256)}:${dev % 256}`;
  if (!existsSync(disk) || existsSync(join(disk, 'partition'))) return `${tmpdir()} lies on no whole disk`;
  return cgroup('cgroup', 'blkio') && cgroup('cgroup2', 'io');
}

function controllersOf(mountPoint: string): string[] {
  try {
    return readFileSync(join(mountPoint, 'cgroup.controllers'), 'utf8').trim().split(' ');
  } catch {
    return [];
  }
}
