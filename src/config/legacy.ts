/** Names from before LXC 3 and what they are now. Facts: lxc-update-config(1) and LXC 2's lxc.container.conf(5). */

/** One by one; "" for what means nothing any more. Those of a network interface and of lxc.rootfs need more than a table. */
const RENAMED: Readonly<Record<string, string>> = {
  'lxc.aa_allow_incomplete': 'lxc.apparmor.allow_incomplete',
  'lxc.aa_profile': 'lxc.apparmor.profile',
  'lxc.console': 'lxc.console.path',
  'lxc.devttydir': 'lxc.tty.dir',
  'lxc.haltsignal': 'lxc.signal.halt',
  'lxc.id_map': 'lxc.idmap',
  'lxc.init_cmd': 'lxc.init.cmd',
  'lxc.init_gid': 'lxc.init.gid',
  'lxc.init_uid': 'lxc.init.uid',
  'lxc.kmsg': '',
  'lxc.limit': 'lxc.prlimit',
  'lxc.logfile': 'lxc.log.file',
  'lxc.loglevel': 'lxc.log.level',
  'lxc.mount': 'lxc.mount.fstab',
  'lxc.network': 'lxc.net',
  'lxc.pivotdir': '',
  'lxc.pts': 'lxc.pty.max',
  'lxc.rebootsignal': 'lxc.signal.reboot',
  'lxc.rootfs': 'lxc.rootfs.path',
  'lxc.rootfs.backend': 'lxc.rootfs.path',
  'lxc.se_context': 'lxc.selinux.context',
  'lxc.seccomp': 'lxc.seccomp.profile',
  'lxc.stopsignal': 'lxc.signal.stop',
  'lxc.syslog': 'lxc.log.syslog',
  'lxc.tty': 'lxc.tty.max',
  'lxc.utsname': 'lxc.uts.name',
};

/** What LXC 2 knew a root filesystem by, and what makes the new name of both. */
const ROOTFS: readonly string[] = ['lxc.rootfs', 'lxc.rootfs.backend', 'lxc.rootfs.path'];

/** lxc.network.KEY, lxc.network.3.KEY */
const NETWORK = /^lxc\.network\.(?:(\d+)\.)?(.+)$/;

const networkKey = (index: number | string, key: string): string =>
  `lxc.net.${index}.${key.replace(/^(ipv[46])$/, '$1.address')}`;

/** What a name from before LXC 3 is now, "" for nothing; undefined for any other name. [i]: of a new interface. */
export function modernName(name: string): string | undefined {
  if (Object.hasOwn(RENAMED, name)) return RENAMED[name];
  if (name.startsWith('lxc.limit.')) return name.replace('lxc.limit.', 'lxc.prlimit.');
  if (!name.startsWith('lxc.network.')) return undefined;
  const [, index = '[i]', key] = NETWORK.exec(name) ?? [];
  return key === undefined ? undefined : networkKey(index, key);
}

export type Translation =
  | { readonly kind: 'setting'; readonly key: string; readonly value: string }
  /** Nothing takes its place; what follows "NAME" in a warning says why. */
  | { readonly kind: 'dropped'; readonly why: string }
  | { readonly kind: 'wrong'; readonly reason: string };

/** Reads settings with old names in their order: some mean what others before them made of them. */
export class LegacyReader {
  readonly #nextInterface: () => number;
  #interface: number | undefined;
  #backend = '';
  #rootfs = '';

  /** nextInterface: the number that a new network interface gets. */
  constructor(nextInterface: () => number) {
    this.#nextInterface = nextInterface;
  }

  /** What a setting is now; undefined where its name is none of the old ones. */
  translate(key: string, value: string): Translation | undefined {
    if (key.startsWith('lxc.network.')) return this.#network(key, value);
    if (ROOTFS.includes(key)) return this.#root(key, value);
    const name = modernName(key);
    if (name === undefined) return undefined;
    if (name === '') return { kind: 'dropped', why: 'that means nothing any more: the line is passed over' };
    if (key === 'lxc.network') this.#interface = undefined;
    return { kind: 'setting', key: name, value };
  }

  /** A type begins a new interface; all that follows, up to the next, is of that one. */
  #network(name: string, value: string): Translation {
    const [, index, key = ''] = NETWORK.exec(name) ?? [];
    if (index !== undefined) return { kind: 'setting', key: networkKey(Number(index), key), value };
    if (key === 'type') this.#interface = Math.max(this.#nextInterface(), (this.#interface ?? -1) + 1);
    if (this.#interface !== undefined)
      return { kind: 'setting', key: networkKey(this.#interface, key), value };
    return { kind: 'wrong', reason: 'it is of no interface: lxc.network.type must be set before it' };
  }

  /** The backend of old is the type before the path, of LXC 2.1's new name as well; the two may come in either order. */
  #root(name: string, value: string): Translation | undefined {
    if (name === 'lxc.rootfs.backend') this.#backend = value;
    else this.#rootfs = value;
    if (name === 'lxc.rootfs.path' && this.#backend === '') return undefined;
    if (name === 'lxc.rootfs.backend' && this.#rootfs === '') {
      return { kind: 'dropped', why: 'and becomes the TYPE: of lxc.rootfs.path' };
    }
    return { kind: 'setting', key: 'lxc.rootfs.path', value: typedPath(this.#rootfs, this.#backend) };
  }
}

/** Without a backend a directory is meant, and a device or what has a type already is left to be recognised. */
function typedPath(path: string, backend: string): string {
  if (path === '' || path === 'none' || /^[a-z]+:/.test(path)) return path;
  if (backend !== '') return `${backend}:${path}`;
  return path.startsWith('/dev/') ? path : `dir:${path}`;
}
