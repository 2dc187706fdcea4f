/** The names that tlxc.conf knows: LXC's own (lxc.conf(5)) and TLXC's. One entry a name. */
import { join } from 'node:path';
import { isIPv4, isIPv6 } from './ip-address.ts';
import { packageRoot } from '../package-root.ts';

/** Who asks: root has the system's places, everyone else their own. */
export interface Places {
  readonly root: boolean;
  readonly home: string;
  readonly runtime: string;
}

export interface SystemKey {
  readonly name: string;
  readonly syntax: string;
  readonly doc: string;
  readonly fallback: (places: Places) => string;
  /** Why a value will not do; undefined when it will. */
  readonly check: (value: string) => string | undefined;
}

/** lxc.lxcpath of root's, unless it is set. */
export const ROOTS_STORE = '/var/lib/tlxc';

/** The names that -B takes, which may be cut short only there. */
const BACKENDS = ['best', 'dir', 'overlay', 'btrfs', 'zfs', 'lvm', 'loop', 'rbd', 'squashfs', 'erofs'];

const fixed = (value: string) => (): string => value;
const absolute = (value: string) => (value.startsWith('/') ? undefined : 'it must be an absolute path');
const flag = (value: string) => (value === '0' || value === '1' ? undefined : 'it must be 0 or 1');
const matching = (pattern: RegExp, reason: string) => (value: string) =>
  pattern.test(value) ? undefined : reason;

function urls(value: string): string | undefined {
  const [problem] = value
    .trim()
    .split(/[\s,]+/)
    .flatMap((each) => url(each) ?? []);
  return problem;
}

function url(value: string): string | undefined {
  const parsed = URL.canParse(value) ? new URL(value) : undefined;
  const known = parsed && (parsed.protocol === 'https:' || parsed.protocol === 'http:');
  if (!known) return 'it must be a URL, https://SERVER (http:// only where you trust the way to it)';
  return parsed.username === '' && parsed.password === ''
    ? undefined
    : 'an image server is asked without a user and a password: leave them out of its address';
}

/** ADDRESS/PREFIX of the bridge itself, or one of the words. */
const network =
  (isAddress: (text: string) => boolean, longest: number, words: readonly string[]) => (value: string) => {
    if (words.includes(value)) return undefined;
    const [address = '', prefix = '', ...rest] = value.split('/');
    const valid = isAddress(address) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
    return valid && rest.length === 0 ? undefined : `it must be ADDRESS/PREFIX or ${words.join(' or ')}`;
  };

function range(value: string): string | undefined {
  if (value === 'auto') return undefined;
  const ends = value.split(',');
  return ends.length === 2 && ends.every((end) => isIPv4(end))
    ? undefined
    : 'it must be FIRST,LAST (IPv4 addresses) or auto';
}

const own = (rootPath: string, userPath: (places: Places) => string) => (places: Places) =>
  places.root ? rootPath : userPath(places);

const places: readonly SystemKey[] = [
  {
    name: 'lxc.lxcpath',
    syntax: 'DIRECTORY',
    doc: 'Where containers live.',
    fallback: own(ROOTS_STORE, ({ home }) => join(home, '.local/share/tlxc')),
    check: absolute,
  },
  {
    name: 'lxc.default_config',
    syntax: 'FILE',
    doc: 'The configuration that a new container starts from.',
    fallback: own('/etc/tlxc/default.conf', ({ home }) => join(home, '.config/tlxc/default.conf')),
    check: absolute,
  },
  {
    name: 'tlxc.rundir',
    syntax: 'DIRECTORY',
    doc: "Sockets and locks of running containers; must be on a filesystem that is empty after the host's boot.",
    fallback: own('/run/tlxc', ({ runtime }) => join(runtime, 'tlxc')),
    check: absolute,
  },
  {
    name: 'tlxc.cachedir',
    syntax: 'DIRECTORY',
    doc: 'The image store.',
    fallback: own('/var/cache/tlxc', ({ home }) => join(home, '.cache/tlxc')),
    check: absolute,
  },
  {
    name: 'tlxc.statedir',
    syntax: 'DIRECTORY',
    doc: 'What must outlive a reboot beside the containers: which ids belong to whom.',
    fallback: own('/var/lib/tlxc/.state', ({ home }) => join(home, '.local/share/tlxc/.state')),
    check: absolute,
  },
];

const cgroups: readonly SystemKey[] = [
  {
    name: 'lxc.cgroup.pattern',
    syntax: 'PATH with %n',
    doc: "The group of a container below the hierarchy's root; %n is the container's name. Empty: tlxc/%n.",
    fallback: fixed(''),
    check: matching(/^(?!\/)(?!(.*\/)?\.\.(\/|$))[^\0]*$/, 'it must be a relative path without ".."'),
  },
  {
    name: 'lxc.cgroup.use',
    syntax: 'CONTROLLER,…',
    doc: 'The v1 controllers to use; a named hierarchy is written name=NAME. Empty: all.',
    fallback: fixed(''),
    check: matching(/^([a-z0-9_=]+(,[a-z0-9_=]+)*)?$/i, 'it must be a list of controllers with commas'),
  },
];

const logs: readonly SystemKey[] = [
  {
    name: 'tlxc.log.size',
    syntax: 'BYTES',
    doc:
      "The size at which the file with a container's console output and its monitor's messages (LXCPATH/NAME/log, see tlxc-logs(1)) " +
      'is put aside for a new one: 64K to 1G, as in 512K or 4M. 0: nothing is kept.',
    fallback: fixed('1M'),
    check: (value) => {
      const [, number = '', unit = ''] = /^(0|[1-9]\d{0,9})([KMG]?)$/i.exec(value) ?? [];
      const size = number === '' ? -1 : Number(number) * 1024 ** ' KMG'.indexOf(unit.toUpperCase() || ' ');
      return size === 0 || (size >= 65_536 && size <= 2 ** 30)
        ? undefined
        : 'it must be 0, or a size from 64K to 1G, such as 1M';
    },
  },
  {
    name: 'tlxc.log.files',
    syntax: 'NUMBER',
    doc: 'How many such files each container has at most, 1 to 99, the one that is written to included; the oldest goes.',
    fallback: fixed('4'),
    check: matching(/^[1-9]\d?$/, 'it must be a number from 1 to 99'),
  },
];

const bridge: readonly SystemKey[] = [
  {
    name: 'tlxc.bridge.name',
    syntax: 'INTERFACE',
    doc: 'The bridge that tlxc-net brings up.',
    fallback: fixed('tlxcbr0'),
    check: matching(/^(?!\.\.?$)[^/\s:]{1,15}$/, 'it must be an interface name of 1 to 15 characters'),
  },
  {
    name: 'tlxc.bridge.auto',
    syntax: '0|1',
    doc: 'Whether the first container that is connected to the bridge brings it up, and a later one what was taken away of it.',
    fallback: fixed('1'),
    check: flag,
  },
  {
    name: 'tlxc.bridge.mac',
    syntax: 'MAC|auto',
    doc: "The bridge's hardware address; auto: 10:66:6a:00:00:00.",
    fallback: fixed('auto'),
    check: matching(
      /^(auto|[0-9a-f][02468ace](:[0-9a-f]{2}){5})$/i,
      'it must be a unicast MAC address or auto',
    ),
  },
  {
    name: 'tlxc.bridge.ipv4',
    syntax: 'ADDRESS/PREFIX|auto|none',
    doc: "The bridge's own IPv4 address; containers get others of its subnet. auto: 10.0.4.1/24, and in an unprivileged container, which may be on that network itself, another one drawn from the machine's id.",
    fallback: fixed('auto'),
    check: network(isIPv4, 30, ['auto', 'none']),
  },
  {
    name: 'tlxc.bridge.ipv6',
    syntax: 'ADDRESS/PREFIX|auto|none',
    doc: "The bridge's own IPv6 address; auto: a unique local /64 drawn from the machine's id, none where the host has IPv6 turned off.",
    fallback: fixed('auto'),
    check: network(isIPv6, 126, ['auto', 'none']),
  },
  {
    name: 'tlxc.bridge.dhcp.range',
    syntax: 'FIRST,LAST|auto',
    doc: 'What DHCP hands out; auto: the whole subnet but the bridge.',
    fallback: fixed('auto'),
    check: range,
  },
  {
    name: 'tlxc.bridge.domain',
    syntax: 'DOMAIN',
    doc: 'The DNS domain of the containers: u1 is u1.tlxc, too. Empty: none.',
    fallback: fixed('tlxc'),
    check: matching(/^([a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*)?$/i, 'it must be a domain name'),
  },
  {
    name: 'tlxc.bridge.host.names',
    syntax: '0|1',
    doc:
      'Whether the names of containers (u1.tlxc) resolve on the host, too, forward and reverse: by systemd-resolved where it runs, ' +
      'else by resolvconf where it is installed, else by a nameserver line in /etc/resolv.conf, until tlxc-net stop.',
    fallback: fixed('0'),
    check: flag,
  },
  {
    name: 'tlxc.bridge.nat',
    syntax: '0|1',
    doc:
      "Whether containers reach the world behind the host's address, and are reached from beyond the bridge by nobody but the host, " +
      'whom they have called, and what the host forwards to them (DNAT). 0: whoever has a route to them reaches them.',
    fallback: fixed('1'),
    check: flag,
  },
];

/** Every name that may be set. */
export const systemKeys: readonly SystemKey[] = [
  ...places,
  ...cgroups,
  ...logs,
  {
    name: 'tlxc.image.server',
    syntax: 'URL …',
    doc:
      'Where images come from; plain http only where it is written out. Several servers, mirrors of one another, are ' +
      'tried in this order: the next one when one cannot be reached, does not have the image, or gives a wrong file.',
    fallback: fixed('https://images.linuxcontainers.org'),
    check: urls,
  },
  {
    name: 'tlxc.image.offline',
    syntax: '0|1',
    doc: 'Whether no network is used for images: only those in the store can be had, even when they have expired.',
    fallback: fixed('0'),
    check: flag,
  },
  {
    name: 'tlxc.image.ca',
    syntax: 'FILE',
    doc:
      'Certificates (PEM) that image servers may prove themselves by, besides those that the system trusts: that of a ' +
      'server with a certificate of its own making, as tlxc-image serve names it, or of an organisation. Empty: none.',
    fallback: fixed(''),
    check: (value) => (value === '' ? undefined : absolute(value)),
  },
  {
    name: 'tlxc.image.keyring',
    syntax: 'FILE',
    doc:
      'OpenPGP keys (as gpg --export writes them), one of which, neither revoked nor expired, must have signed the checksums of ' +
      'every image that is fetched (SHA256SUMS.asc beside them on the server); gpgv(1) checks it. A build older than a signed one in the store is refused then, and a stored image from before the key was pinned ' +
      'is used when the key has signed it: the server is asked for that once, and not for the image. Empty: HTTPS and the checksums are trusted.',
    fallback: fixed(''),
    check: (value) => (value === '' ? undefined : absolute(value)),
  },
  {
    name: 'tlxc.bdev',
    syntax: 'TYPE,...',
    doc:
      'What tlxc-create takes where -B does not say it: of several types with commas between (zfs,best) the first that can be. best is overlay, or dir where the host has no such overlays. With dir ' +
      "every container has its files in LXCPATH/NAME/rootfs, as LXC's have them, where scripts written for LXC may expect them.",
    fallback: fixed('best'),
    check: (value) =>
      value.split(',').every((type) => BACKENDS.includes(type))
        ? undefined
        : `it must be one or several of ${BACKENDS.join(', ')}`,
  },
  {
    name: 'lxc.bdev.lvm.vg',
    syntax: 'GROUP',
    doc: 'The volume group of tlxc-create -B lvm.',
    fallback: fixed('lxc'),
    check: matching(/^[\w+.][\w+.-]*$/, 'it must be the name of a volume group'),
  },
  {
    name: 'lxc.bdev.lvm.thin_pool',
    syntax: 'NAME',
    doc: 'The thin pool of that group, which is used where it is there.',
    fallback: fixed('lxc'),
    check: matching(/^[\w+.][\w+.-]*$/, 'it must be the name of a logical volume'),
  },
  {
    name: 'lxc.bdev.zfs.root',
    syntax: 'DATASET',
    doc: 'The dataset in which tlxc-create -B zfs makes those of containers.',
    fallback: fixed('lxc'),
    check: matching(/^[A-Za-z][\w.:-]*(\/[\w.:-]+)*$/, 'it must be the name of a dataset'),
  },
  {
    name: 'lxc.bdev.rbd.rbdpool',
    syntax: 'POOL',
    doc: "The Ceph pool of tlxc-create -B rbd's images.",
    fallback: fixed('lxc'),
    check: matching(/^[\w.][\w.-]*$/, 'it must be the name of a pool'),
  },
  {
    name: 'lxc.bdev.rbd.rbduser',
    syntax: 'USER',
    doc: 'Whom rbd(8) is for Ceph; empty: the user that Ceph takes without being told.',
    fallback: fixed(''),
    check: matching(/^[\w.-]*$/, 'it must be the name of a user'),
  },
  ...bridge,
];

/** The default.conf that comes with the package, used where none was written. */
export const shippedDefaultConfig = (): string => join(packageRoot, 'config/default.conf');
