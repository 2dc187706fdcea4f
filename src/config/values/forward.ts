/** Ports and sockets of the host that lead into a container. tlxc.net.[i].forward */
import { isIPv4, isIPv6 } from '../ip-address.ts';
import { accepting, BadValue } from '../key.ts';
import type { ForwardConfig, ForwardEnd, HostEnd } from '../model.ts';
import { words } from './plain.ts';

const SYNTAX = '[tcp|udp] [ADDRESS:]PORT -> [ADDRESS:]PORT, such as tcp 8080 -> 80';
/** Each port is a descriptor of the monitor's, which has a thousand. */
const MOST_PORTS = 256;
/** What the kernel takes for the path of a Unix socket. */
const LONGEST_PATH = 107;
/** The part of it that is left for a name, where the directory is reached by a descriptor. */
const LONGEST_NAME = 80;
/** Seconds; a day is the most. */
const IDLE = 60;
const LONGEST_IDLE = 86_400;
/** Only its owner connects to a socket on the host, until a mode says more. */
const OWNER_ONLY = 0o600;

interface Ports {
  readonly port: number;
  readonly count: number;
}

function portsOf(text: string): Ports {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [port, count] = [Number(first), Number(last) - Number(first) + 1];
  if (first === '' || port < 1 || Number(last) > 65535)
    throw new BadValue(`'${text}' is no port: a number from 1 to 65535, or FIRST-LAST`, { word: text });
  if (count < 1) throw new BadValue(`${text} ends before it begins`, { word: text });
  if (count > MOST_PORTS) throw new BadValue(`${text} are ${count} ports; a line has at most ${MOST_PORTS}`);
  return { port, count };
}

/** The end of the line's, and over how many ports it goes. */
function endOf(text: string): { readonly end: ForwardEnd; readonly count: number } {
  if (text.startsWith('unix:')) return { end: { path: pathOf(text.slice('unix:'.length)) }, count: 1 };
  const [, six, four, ports = ''] = /^(?:\[([^\]]*)\]:|([^:[\]]+):)?([^:]*)$/.exec(text) ?? [];
  if (six !== undefined && (!isIPv6(six) || six.includes('%')))
    throw new BadValue(`'${six}' is no IPv6 address`, { word: text });
  if (four !== undefined && !isIPv4(four))
    throw new BadValue(`'${four}' is no address; an IPv6 address stands in brackets: [::1]:80`, {
      word: text,
    });
  if (ports === '') throw new BadValue(`${text} has no port: ${SYNTAX}`, { word: text });
  const { port, count } = portsOf(ports);
  return { end: { address: six ?? four ?? '', port }, count };
}

function pathOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!path.startsWith('/') || name === '' || name === '.' || name === '..')
    throw new BadValue(`unix:${path}: it must be the absolute path of a socket`, { word: `unix:${path}` });
  if (Buffer.byteLength(path) > LONGEST_PATH || Buffer.byteLength(name) > LONGEST_NAME)
    throw new BadValue(
      `unix:${path}: the path of a socket has at most ${LONGEST_PATH} bytes, its name ${LONGEST_NAME}`,
    );
  return path;
}

/** mode= uid= gid= of a socket on the host. */
function optionsOf(text: readonly string[]): { mode: number; uid: number; gid: number } {
  const options = { mode: OWNER_ONLY, uid: -1, gid: -1 };
  for (const word of text) {
    const [, name, value = ''] = /^(mode|uid|gid)=(\d{1,10})$/.exec(word) ?? [];
    if (name === 'mode' && /^0?[0-7]{3}$/.test(value)) options.mode = Number.parseInt(value, 8);
    else if ((name === 'uid' || name === 'gid') && Number(value) < 2 ** 32 - 1) options[name] = Number(value);
    else throw new BadValue(`'${word}' is none of mode=0660, uid=1000, gid=1000`, { word });
  }
  return options;
}

function hostEnd(end: ForwardEnd, options: readonly string[]): HostEnd {
  if ('path' in end) return { ...end, ...optionsOf(options) };
  const [first] = options;
  if (first === undefined) return end;
  throw new BadValue(`'${first}' is of a socket on the host, and ${end.port} is a port`, { word: first });
}

/** idle= of udp. */
function idleOf(protocol: 'tcp' | 'udp', options: readonly string[]): number {
  const word = options.findLast((each) => each.startsWith('idle='));
  if (word === undefined) return IDLE;
  if (protocol !== 'udp')
    throw new BadValue(`'${word}' is of udp: a stream ends when one side ends it`, { word });
  const seconds = /^idle=(\d{1,5})$/.exec(word)?.[1] ?? '0';
  if (Number(seconds) >= 1 && Number(seconds) <= LONGEST_IDLE) return Number(seconds);
  throw new BadValue(`'${word}' is no time: seconds, from 1 to ${LONGEST_IDLE}`, { word });
}

/** proxy-protocol= of tcp: the version, of which there is one that every service understands. */
function announces(protocol: 'tcp' | 'udp', options: readonly string[]): boolean {
  const word = options.findLast((each) => each.startsWith('proxy-protocol='));
  if (word === undefined) return false;
  if (protocol !== 'tcp')
    throw new BadValue(`'${word}' is of tcp: a datagram has no line before it`, { word });
  if (word === 'proxy-protocol=1') return true;
  throw new BadValue(`'${word}' is no version of it that TLXC speaks: proxy-protocol=1`, { word });
}

const isOfHost = (word: string): boolean => !/^(idle|proxy-protocol)=/.test(word);

/** [tcp|udp] END -> END [mode=MODE] [uid=UID] [gid=GID] [idle=SECONDS] [proxy-protocol=1] */
export const forward = accepting(
  {
    pattern: '((tcp|udp)[ \\t]+)?\\S+[ \\t]*->[ \\t]*\\S+([ \\t]+(mode|uid|gid|idle|proxy-protocol)=[0-9]+)*',
  },
  (value: string): ForwardConfig => {
    const [left = '', right, more] = value.split('->').map(words);
    if (right === undefined || more !== undefined || right.length === 0)
      throw new BadValue(`it must be ${SYNTAX}`);
    const { protocol, from, count } = forwardListen(left);
    const [target = '', ...options] = right;
    const to = endOf(target);
    if (protocol === 'udp' && ('path' in to.end || 'path' in from))
      throw new BadValue('a Unix socket carries a stream, not datagrams: tcp leads to and from it');
    if (count !== to.count) {
      const many = (ports: number): string => (ports === 1 ? 'one port' : `${ports} ports`);
      throw new BadValue(`${many(count)} cannot lead to ${many(to.count)}: both ends are equally many`);
    }
    const idle = idleOf(protocol, options);
    const proxyProtocol = announces(protocol, options);
    return {
      protocol,
      from: hostEnd(from, options.filter(isOfHost)),
      to: to.end,
      count,
      idle,
      proxyProtocol,
    };
  },
);

/** The side of the host alone, "tcp 8080": what a forward is known by. Throws BadValue. */
export function forwardListen(
  text: string | readonly string[],
): Pick<ForwardConfig, 'protocol' | 'count'> & { readonly from: ForwardEnd } {
  const left = typeof text === 'string' ? words(text) : text;
  const [first, second = first, extra] = left;
  const protocol = left.length === 1 ? 'tcp' : first;
  if (second === undefined || extra !== undefined) throw new BadValue(`it must be ${SYNTAX}`);
  if (protocol !== 'tcp' && protocol !== 'udp')
    throw new BadValue(`'${protocol ?? ''}' is no protocol: tcp or udp`, { word: protocol ?? '' });
  const { end, count } = endOf(second);
  return { protocol, from: end, count };
}

/** `offset` ports on, "80", "10.0.3.2:80", "[::1]:80-90", "unix:/run/app.sock". */
export function showEnd(end: ForwardEnd, offset = 0, count = 1): string {
  if ('path' in end) return `unix:${end.path}`;
  const first = end.port + offset;
  const ports = count > 1 ? `${first}-${first + count - 1}` : String(first);
  if (end.address === '') return ports;
  return end.address.includes(':') ? `[${end.address}]:${ports}` : `${end.address}:${ports}`;
}

export function showForward({ protocol, from, to, count, idle, proxyProtocol }: ForwardConfig): string {
  const words = `${idle === IDLE ? '' : ` idle=${idle}`}${proxyProtocol ? ' proxy-protocol=1' : ''}`;
  const line = `${protocol} ${showEnd(from, 0, count)} -> ${showEnd(to, 0, count)}${words}`;
  if (!('path' in from)) return line;
  const { mode, uid, gid } = from;
  const owner = [uid >= 0 ? ` uid=${uid}` : '', gid >= 0 ? ` gid=${gid}` : ''].join('');
  return `${line}${mode === OWNER_ONLY ? '' : ` mode=0${mode.toString(8)}`}${owner}`;
}
