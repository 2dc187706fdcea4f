/** The little arithmetic of IPv4 subnets that DHCP needs. */

export interface InterfaceAddress {
  readonly address: string;
  /** Length of the network's prefix in bits. */
  readonly prefix: number;
}

/** "10.0.4.1/24", or the same of IPv6. */
export function parseAddress(text: string): InterfaceAddress {
  const [address = '', prefix = ''] = text.split('/');
  return { address, prefix: Number(prefix) };
}

const toNumber = (address: string): number =>
  address.split('.').reduce((number, byte) => number * 256 + Number(byte), 0);

const toText = (number: number): string => [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');

/** The first and the last address of the network that the interface is in. */
function bounds({ address, prefix }: InterfaceAddress): readonly [number, number] {
  const size = 2 ** (32 - prefix);
  const first = Math.floor(toNumber(address) / size) * size;
  return [first, first + size - 1];
}

/** 10.0.4.1/24 -> "10.0.4.0/24". */
export const networkOf = (own: InterfaceAddress): string => `${toText(bounds(own)[0])}/${own.prefix}`;

/** "": a network of one or two addresses has none. */
export const broadcastOf = (own: InterfaceAddress): string => (own.prefix > 30 ? '' : toText(bounds(own)[1]));

/** All of the network but its first and last address and, where it is at an end, the interface's own. */
export function dhcpRange(own: InterfaceAddress): readonly [string, string] {
  const [network, broadcast] = bounds(own);
  const self = toNumber(own.address);
  const first = network + 1 === self ? network + 2 : network + 1;
  const last = broadcast - 1 === self ? broadcast - 2 : broadcast - 1;
  return [toText(first), toText(last)];
}

/** Whether two networks have an address in common. */
export function overlaps(one: InterfaceAddress, other: InterfaceAddress): boolean {
  const [[a, b], [c, d]] = [bounds(one), bounds(other)];
  return a <= d && c <= b;
}

/** Whether the address lies in that network, and is one that an interface may have. */
export function isHostAddress(address: string, own: InterfaceAddress): boolean {
  const [network, broadcast] = bounds(own);
  const number = toNumber(address);
  return number > network && number < broadcast;
}

/** An address from first to last that is free: the same one for the same seed (a number from 0 on), while it is. null: none is left. */
export function drawAddress(
  [first, last]: readonly [string, string],
  seed: number,
  isTaken: (address: string) => boolean,
): string | null {
  const [lowest, size] = [toNumber(first), rangeSize([first, last])];
  for (let step = 0; step < size; step++) {
    const address = toText(lowest + ((seed + step) % size));
    if (!isTaken(address)) return address;
  }
  return null;
}

/** How many addresses lie from first to last. */
export const rangeSize = ([first, last]: readonly [string, string]): number =>
  toNumber(last) - toNumber(first) + 1;

/** Networks that few have: what lies between those that are usual at home, in offices and in clouds. */
const UNUSUAL = ['10.0', '10.73', '10.189', '172.22', '172.29', '192.168'].flatMap((first) =>
  [5, 66, 101, 147, 211].map((third) => `${first}.${third}.1`),
);

/** An address for a bridge, in a network of 256 that has nothing in common with these; "": none is left. */
export function freeAddress(taken: readonly InterfaceAddress[]): string {
  const isFree = (address: string) => !taken.some((other) => overlaps({ address, prefix: 24 }, other));
  const found = UNUSUAL.find(isFree);
  return found === undefined ? '' : `${found}/24`;
}
