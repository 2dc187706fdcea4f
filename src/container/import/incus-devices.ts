/** The devices of an Incus or LXD container as lines of a configuration. Pure; whether this host has them is asked later. */
import { BadValue } from '../../config/key.ts';
import { device as parseDevice } from '../../config/values/device.ts';
import { forward } from '../../config/values/forward.ts';
import { mountEntry } from '../../config/values/mount.ts';
import { amountOf, type ForeignDevice, type Line } from './foreign.ts';

/** Its options, all of them text. */
export type Options = Readonly<Record<string, string>>;

/** It becomes no line, and why. */
class NoLine extends Error {}

const no = (why: string): never => {
  throw new NoLine(why);
};

/** fstab(5): blanks and backslashes of a path in octal; of blanks those that end a word there. */
const escaped = (path: string): string =>
  path.replace(/[\t-\r \\]/g, (one) => `\\${one.charCodeAt(0).toString(8).padStart(3, '0')}`);

function inside(path: string): string {
  if (!path.startsWith('/') || path === '/') no('it has no place in the container');
  if (path.split('/').includes('..')) no(`its place ${path} may lead out of the container`);
  return escaped(path.slice(1));
}

/** A filesystem in memory. */
function scratch(target: string, size: string | undefined): Line[] {
  const bytes = amountOf(size ?? '');
  const options = bytes === null ? '' : `,size=${bytes}`;
  return [['lxc.mount.entry', `tmpfs ${target} tmpfs create=dir${options} 0 0`]];
}

/** What an option that is said so makes of a bind mount. */
const BIND_WORDS: readonly (readonly [option: string, said: string, word: string])[] = [
  ['readonly', 'true', 'ro'],
  ['required', 'false', 'optional'],
  ['shift', 'true', 'idmap=container'],
];

/** A directory of the host's, or memory. A volume of a pool is elsewhere, and not in the export. */
function disk(options: Options): Line[] {
  const { source = '', path = '', pool } = options;
  const target = inside(path);
  const raw = options['raw.mount.options'];
  if (pool)
    no(`it is the volume ${source || 'of its own'} of the pool ${pool}, which the export does not hold`);
  if (raw) no(`raw.mount.options = ${raw} has no counterpart`);
  if (source === 'tmpfs:') return scratch(target, options['size']);
  if (!source.startsWith('/')) no(source === '' ? 'its source is not told' : `its source is ${source}`);
  const words = BIND_WORDS.flatMap(([option, said, word]) => (options[option] === said ? [word] : []));
  const bind = options['recursive'] === 'true' ? 'rbind' : 'bind';
  return [
    ['lxc.mount.entry', `${escaped(source)} ${target} none ${[bind, ...words, 'create=dir'].join(',')} 0 0`],
  ];
}

function nodeWords({ required = '', mode = '', uid = '', gid = '' }: Options): string[] {
  const given = Object.entries({ mode, uid, gid }).filter(([, value]) => value !== '');
  return [...(required === 'false' ? ['optional'] : []), ...given.map(([key, value]) => `${key}=${value}`)];
}

function node(options: Options): Line[] {
  const { source = options['path'] ?? '', path = source } = options;
  const place = path === source ? [] : ['->', path];
  return [['tlxc.device', [source, ...place, ...nodeWords(options)].join(' ')]];
}

/** All of the host's: one of several can be named by its nodes only. */
function gpu(options: Options): Line[] {
  const { gputype = 'physical' } = options;
  if (gputype !== 'physical') no(`it is a part of a GPU (${gputype})`);
  const chosen = ['id', 'pci', 'vendorid', 'productid'].filter((key) => options[key] !== undefined);
  if (chosen.length > 0)
    no(
      `it is one GPU (${chosen.map((key) => `${key} = ${options[key] ?? ''}`).join(', ')}): name its nodes, as in tlxc.device = /dev/dri/card1`,
    );
  return [['tlxc.device', ['gpu', ...nodeWords(options)].join(' ')]];
}

interface End {
  readonly protocol: string;
  /** As in a forward, without ports: "", "10.0.0.1:", "unix:/run/x". */
  readonly address: string;
  /** "80", "90-91"; [] of a socket. */
  readonly ports: readonly string[];
}

/** Of all addresses, or of loopback inside: what a port alone means on that side. */
const ALL = new Set(['[::]', '0.0.0.0']);
const OWN = new Set([...ALL, '127.0.0.1', '[::1]', 'localhost']);

function end(text: string, anybody: ReadonlySet<string>): End {
  if (text.startsWith('unix:')) return { protocol: 'tcp', address: text, ports: [] };
  const [, protocol = '', address = '', ports = ''] = /^(tcp|udp):(.*):([\d,-]+)$/.exec(text) ?? [];
  if (protocol === '') no(`${text} is no address that it could be led from or to`);
  return { protocol, address: anybody.has(address) ? '' : `${address}:`, ports: ports.split(',') };
}

const socketWords = ({ mode = '0644', uid = '', gid = '' }: Options): string[] => [
  `mode=${mode}`,
  ...(uid === '' ? [] : [`uid=${uid}`]),
  ...(gid === '' ? [] : [`gid=${gid}`]),
];

const wordsOf = (options: Options, isSocket: boolean): string[] => [
  ...(isSocket ? socketWords(options) : []),
  ...(options['proxy_protocol'] === 'true' ? ['proxy-protocol=1'] : []),
];

/** Each part of "80,90-91"; a socket has one, without ports. */
const endsOf = ({ address, ports }: End): readonly string[] =>
  ports.length === 0 ? [address] : ports.map((each) => `${address}${each}`);

function proxy(options: Options): Line[] {
  const { listen = '', connect = '', bind = 'host', nat } = options;
  if (bind !== 'host') no(`it leads out of the container (bind = ${bind})`);
  // 0.0.0.0 is an address of its own: IPv6 was not asked for.
  const from = end(listen, new Set(['[::]']));
  const told = end(connect, OWN);
  // Where packets were translated, its address is the one that it had there.
  const to = nat === 'true' ? { ...told, address: '' } : told;
  const isSocket = from.ports.length === 0;
  if (!isSocket && to.ports.length > 0 && from.protocol !== to.protocol)
    no('it leads from one protocol to another');
  const [sources, targets] = [endsOf(from), endsOf(to)];
  if (targets.length !== sources.length) no(`${listen} and ${connect} are not equally many`);
  const words = wordsOf(options, isSocket);
  return sources.map((source, at) => [
    'tlxc.net.0.forward',
    [from.protocol, source, '->', targets[at] ?? '', ...words].join(' '),
  ]);
}

const READERS: Readonly<Record<string, (options: Options) => Line[]>> = {
  disk,
  gpu,
  proxy,
  'unix-char': node,
  'unix-block': node,
};

const CHECKS: Readonly<Record<string, (value: string) => unknown>> = {
  'tlxc.device': parseDevice,
  'tlxc.net.0.forward': forward,
  'lxc.mount.entry': (value) => mountEntry(value, { warn: () => undefined }),
};

/** Where more than one line begins or ends cannot be told apart from what somebody wrote into it. */
function checked(line: Line): Line {
  const [key, value] = line;
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\0-\x08\n-\x1f]/.test(value)) no('its words have control characters');
  CHECKS[key]?.(value);
  return line;
}

/** A device of the container's, but its root filesystem and first interface. */
export function deviceOf(name: string, options: Options): ForeignDevice {
  const type = options['type'] ?? '';
  const label = `device ${name} (${type})`;
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined;
  if (type === 'nic')
    return { label, lines: [], why: 'one interface is taken over; lxc.net.1.* lines are a second' };
  if (read === undefined) return { label, lines: [], why: 'there is no key for its kind' };
  try {
    return { label, lines: read(options).map(checked), why: '' };
  } catch (error) {
    if (!(error instanceof NoLine) && !(error instanceof BadValue)) throw error;
    return { label, lines: [], why: error.message };
  }
}
