/** Addresses and names of a network interface. lxc.net.[i].* */
import { isIPv4, isIPv6 } from '../ip-address.ts';
import { accepting, BadValue } from '../key.ts';
import type { IpAddress, IpRoute } from '../model.ts';
import { whole } from './plain.ts';

/** Linux: 15 bytes, no slash, no blank, no colon. */
export const interfaceName = accepting({ pattern: '[^/\\s:]{1,15}' }, (value: string): string => {
  if (/^[^/\s:]{1,15}$/.test(value) && Buffer.byteLength(value) <= 15 && value !== '.' && value !== '..') {
    return value;
  }
  throw new BadValue('it must be an interface name: 1 to 15 characters without "/", ":" or blanks');
});

/** Six octets in hexadecimal; an x or X stands for a digit that is drawn when the container is created. */
export const hardwareAddress = accepting(
  { pattern: '[0-9a-fA-FxX]{2}(:[0-9a-fA-FxX]{2}){5}' },
  (value: string): string => {
    if (!/^[0-9a-fx]{2}(:[0-9a-fx]{2}){5}$/i.test(value)) {
      throw new BadValue('it must be six octets such as 10:66:6a:12:34:56; x stands for a digit to be drawn');
    }
    if (/^.[13579bdf]/i.test(value)) {
      throw new BadValue('it is a multicast address: the second digit must be even');
    }
    return value;
  },
);

const prefixLength = (text: string, most: number): number => {
  if (/^\d{1,3}$/.test(text) && Number(text) <= most) return Number(text);
  throw new BadValue(`the prefix length after "/" must be a number from 0 to ${most}`);
};

/** Without a prefix length the address's class decides, as it did in 1981 and does for LXC. */
function classfulPrefix(address: string): number {
  const first = parseInt(address, 10);
  if (first < 128) return 8;
  if (first < 192) return 16;
  return first < 224 ? 24 : 32;
}

const octets = (address: string): number =>
  address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);

const dotted = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

const hostBits = (prefix: number): number => 2 ** (32 - prefix) - 1;

function broadcastOf(address: string, prefix: number): string {
  return dotted((octets(address) | hostBits(prefix)) >>> 0);
}

/** ADDRESS[/PREFIX] [BROADCAST] */
export const ipv4Address = accepting(
  { pattern: '[0-9.]+(/[0-9]{1,2})?([ \\t]+[0-9.]+)?' },
  (value: string): IpAddress => {
    const [network = '', broadcast, extra] = value.split(/[ \t]+/);
    const [address = '', length, rest] = network.split('/');
    if (!isIPv4(address) || rest !== undefined || extra !== undefined) {
      throw new BadValue('it must be ADDRESS/PREFIX, such as 10.0.4.7/24');
    }
    if (broadcast !== undefined && !isIPv4(broadcast)) {
      throw new BadValue(`${broadcast} is not a broadcast address`, { word: broadcast });
    }
    const prefix = length === undefined ? classfulPrefix(address) : prefixLength(length, 32);
    // A network of one address or two has no broadcast (RFC 3021).
    return { address, prefix, broadcast: broadcast ?? (prefix < 31 ? broadcastOf(address, prefix) : '') };
  },
);

/** ADDRESS[/PREFIX]; 64 where no prefix length is written. */
export const ipv6Address = accepting(
  { pattern: '[0-9a-fA-F:.]+(/[0-9]{1,3})?' },
  (value: string): IpAddress => {
    const [address = '', length, rest] = value.split('/');
    if (!isIPv6(address) || address.includes('%') || rest !== undefined) {
      throw new BadValue('it must be ADDRESS/PREFIX, such as fd00::7/64');
    }
    return { address, prefix: length === undefined ? 64 : prefixLength(length, 128), broadcast: '' };
  },
);

/** One address of the interface's network, whose length the network says. */
const plainAddress =
  (isAddress: (text: string) => boolean, example: string) =>
  (value: string): string => {
    if (isAddress(value) && !value.includes('%')) return value;
    throw new BadValue(`it must be one address without a prefix length, such as ${example}`);
  };

export const ipv4Lease = accepting({ pattern: '[0-9.]+' }, plainAddress(isIPv4, '10.0.4.7'));
export const ipv6Lease = accepting({ pattern: '[0-9a-fA-F:.]+' }, plainAddress(isIPv6, 'fd00::7'));

export const showAddress = ({ address, prefix }: IpAddress): string => `${address}/${prefix}`;

const ROUTE = 'it must be NETWORK/PREFIX, such as ';

/** NETWORK/PREFIX; the kernel takes no network with bits beyond its prefix. */
export const ipv4Route = accepting({ pattern: '[0-9.]+/[0-9]{1,2}' }, (value: string): IpRoute => {
  const [address = '', length, rest] = value.split('/');
  if (!isIPv4(address) || length === undefined || rest !== undefined) {
    throw new BadValue(`${ROUTE}10.1.0.0/16`);
  }
  const prefix = prefixLength(length, 32);
  const network = dotted((octets(address) & ~hostBits(prefix)) >>> 0);
  if (network === address) return { address, prefix };
  throw new BadValue(`a network of ${prefix} bits begins at ${network}: ${network}/${prefix}`);
});

/** NETWORK/PREFIX */
export const ipv6Route = accepting({ pattern: '[0-9a-fA-F:.]+/[0-9]{1,3}' }, (value: string): IpRoute => {
  const [address = '', length, rest] = value.split('/');
  if (!isIPv6(address) || address.includes('%') || length === undefined || rest !== undefined) {
    throw new BadValue(`${ROUTE}fd00:1::/64`);
  }
  return { address, prefix: prefixLength(length, 128) };
});

export const showRoute = ({ address, prefix }: IpRoute): string => `${address}/${prefix}`;

/** 802.1Q: twelve bits, of which 4095 is reserved. */
const VLAN_IDS = [0, 4094] as const;
export const vlanId = whole(...VLAN_IDS);

/** "none", or the VLAN of frames without a tag. */
export const untaggedVlan = accepting(
  { words: ['none'], range: VLAN_IDS },
  (value: string): number | 'none' => (value === 'none' ? value : vlanId(value)),
);

const gateway = (isAddress: (text: string) => boolean, example: string) =>
  accepting({ words: ['auto', 'dev'], pattern: '[0-9a-fA-F:.]+' }, (value: string): string => {
    if (value === 'auto' || value === 'dev' || (isAddress(value) && !value.includes('%'))) return value;
    throw new BadValue(`it must be an address such as ${example}, auto or dev`);
  });

export const ipv4Gateway = gateway(isIPv4, '10.0.4.1');
export const ipv6Gateway = gateway(isIPv6, 'fd00::1');

/** sethostname(2) takes 64 bytes; what cannot be a host name at all is refused. */
export const hostName = accepting({ pattern: '[^\\s/]{1,64}' }, (value: string): string => {
  if (/^[^\s/]{1,64}$/.test(value) && Buffer.byteLength(value) <= 64) return value;
  throw new BadValue('it must be a host name: 1 to 64 characters without "/" or blanks');
});
