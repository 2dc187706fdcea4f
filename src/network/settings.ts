/** What tlxc.conf says of the bridge (tlxc.bridge.*), resolved: no "auto" is left. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { SystemConfig } from '../config/model.ts';
import { probeHost } from '../host/probe.ts';
import { canonicalIpv6 } from './ipv6.ts';
import { dhcpRange, networkOf, parseAddress, type InterfaceAddress } from './ipv4.ts';

export interface BridgeSettings {
  readonly name: string;
  readonly mac: string;
  /** The bridge's own address; null: no IPv4. */
  readonly ipv4:
    (InterfaceAddress & { readonly network: string; readonly range: readonly [string, string] }) | null;
  readonly ipv6: InterfaceAddress | null;
  /** "" : containers are known by their bare names only. */
  readonly domain: string;
  readonly nat: boolean;
  /** Containers' names resolve on the host. */
  readonly hostNames: boolean;
}

const DEFAULT_MAC = '10:66:6a:00:00:00';

/** A unique local /64 (RFC 4193): 40 bits from the machine's id, so that it survives reboots and differs elsewhere. */
export function uniqueLocalAddress(machineId: string): InterfaceAddress {
  const digest = createHash('sha256').update(`tlxc-bridge ${machineId}`).digest('hex');
  const groups = [`fd${digest.slice(0, 2)}`, digest.slice(2, 6), digest.slice(6, 10)];
  return { address: `${groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':')}::1`, prefix: 64 };
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || hostname();
  } catch {
    return hostname();
  }
}

/** A /24 beside the one that hosts have, and a container on such a host is on. */
export function innerAddress(machineId: string): string {
  const digest = createHash('sha256').update(`tlxc-bridge ipv4 ${machineId}`).digest();
  return `10.0.${5 + (digest.readUInt32BE() % 250)}.1/24`;
}

const ownAddress = (): string => (probeHost().nested === null ? '10.0.4.1/24' : innerAddress(machineId()));

function ipv4Settings(address: string, range: string): BridgeSettings['ipv4'] {
  if (address === 'none') return null;
  const own = parseAddress(address === 'auto' ? ownAddress() : address);
  const [first, last] = range.split(',');
  const given = range !== 'auto' && first !== undefined && last !== undefined;
  return { ...own, network: networkOf(own), range: given ? [first, last] : dhcpRange(own) };
}

/** Whether interfaces that are made now get IPv6: it may be off, or not in the kernel. */
function hasIpv6(): boolean {
  try {
    return readFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', 'utf8').trim() === '0';
  } catch {
    return false;
  }
}

function ipv6Settings(address: string): InterfaceAddress | null {
  if (address === 'none') return null;
  if (address === 'auto') return hasIpv6() ? uniqueLocalAddress(machineId()) : null;
  const own = parseAddress(address);
  return { ...own, address: canonicalIpv6(own.address) };
}

/** The values were checked when tlxc.conf was read. */
export function bridgeSettings(system: SystemConfig): BridgeSettings {
  const value = (name: string): string => system.settings[`tlxc.bridge.${name}`] ?? '';
  return {
    name: value('name'),
    mac: value('mac') === 'auto' ? DEFAULT_MAC : value('mac'),
    ipv4: ipv4Settings(value('ipv4'), value('dhcp.range')),
    ipv6: ipv6Settings(value('ipv6')),
    domain: value('domain'),
    nat: value('nat') === '1',
    hostNames: value('host.names') === '1',
  };
}

/** The bridge's own addresses, without their prefixes. */
export const addressesOf = ({ ipv4, ipv6 }: BridgeSettings): string[] =>
  [ipv4, ipv6].flatMap((own) => (own ? [own.address] : []));
