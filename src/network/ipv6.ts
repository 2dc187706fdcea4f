/** The little that is asked about IPv6 addresses. node:net is loaded when it is needed: it takes 2 ms. */
import type { InterfaceAddress } from './ipv4.ts';

const net = () => process.getBuiltinModule('node:net');

/** As the kernel writes it, so that it is recognised. */
export const canonicalIpv6 = (address: string): string =>
  new (net().SocketAddress)({ address, family: 'ipv6' }).address;

export function isInIpv6Network(address: string, { address: network, prefix }: InterfaceAddress): boolean {
  const list = new (net().BlockList)();
  list.addSubnet(network, prefix, 'ipv6');
  return list.check(address, 'ipv6');
}

/** All 32 digits of it, without colons. */
export function expandIpv6(address: string): string {
  const [head = '', tail] = canonicalIpv6(address).split('::');
  const groups = (text: string): string[] => text.split(':').filter(Boolean);
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join('');
}
