/** Addresses that a container's configuration asks DHCP for, against the bridge's settings: what can never be given. */
import type { Sourced } from '../config/model.ts';
import { Problem } from '../problem.ts';
import { isHostAddress } from './ipv4.ts';
import { canonicalIpv6, isInIpv6Network } from './ipv6.ts';
import type { Member } from './member.ts';
import type { BridgeSettings } from './settings.ts';

function wrongIpv4(address: string, { name, ipv4 }: BridgeSettings): string {
  if (ipv4 === null) return `${name} has no IPv4 (tlxc.bridge.ipv4 = none)`;
  const network = `the network of ${name}, ${ipv4.network} (tlxc.bridge.ipv4)`;
  if (!isHostAddress(address, ipv4)) return `it is no address of ${network}`;
  return address === ipv4.address ? `it is ${name}'s own address` : '';
}

function wrongIpv6(address: string, { name, ipv6 }: BridgeSettings): string {
  if (ipv6 === null) return `${name} has no IPv6 (tlxc.bridge.ipv6 = none)`;
  if (!isInIpv6Network(address, ipv6))
    return `it is no address of the network of ${name}, ${ipv6.address}/${ipv6.prefix} (tlxc.bridge.ipv6)`;
  return canonicalIpv6(address) === ipv6.address ? `it is ${name}'s own address` : '';
}

const problem = (key: string, { value, at }: Sourced<string>, message: string): Problem[] =>
  message === '' ? [] : [new Problem({ message, at, subject: { key, value } })];

export function leaseProblems(members: readonly Member[], settings: BridgeSettings): Problem[] {
  return members.flatMap(({ index, ipv4Lease, ipv6Lease }) => [
    ...(ipv4Lease
      ? problem(`tlxc.net.${index}.ipv4.lease`, ipv4Lease, wrongIpv4(ipv4Lease.value, settings))
      : []),
    ...(ipv6Lease
      ? problem(`tlxc.net.${index}.ipv6.lease`, ipv6Lease, wrongIpv6(ipv6Lease.value, settings))
      : []),
  ]);
}
