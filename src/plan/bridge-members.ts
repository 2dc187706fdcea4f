/** A container's interfaces on TLXC's own bridge: whom DHCP and DNS there are told of. */
import { stableHardwareAddress } from '../config/hwaddr.ts';
import type { NetworkConfig, Sourced, SystemConfig } from '../config/model.ts';
import type { Compilation } from './input.ts';
import { originOfNamespace } from './namespaces.ts';

export interface BridgeMember {
  /** N of lxc.net.N. */
  readonly index: number;
  readonly mac: string;
  /** The addresses that the configuration gives it. */
  readonly ipv4: readonly Sourced<string>[];
  readonly ipv6: readonly Sourced<string>[];
  /** tlxc.net.N.ipv4.lease, ipv6.lease */
  readonly ipv4Lease: Sourced<string> | null;
  readonly ipv6Lease: Sourced<string> | null;
  /** tlxc.net.N.ipv4.static, where it is 1. */
  readonly ipv4Static: Sourced<boolean> | null;
}

/** TLXC's own, as those that a creation draws. */
const TEMPLATE = '10:66:6a:xx:xx:xx';

export const isOnBridge = ({ type, link, veth }: NetworkConfig, { settings }: SystemConfig): boolean =>
  type.value === 'veth' && veth.mode?.value !== 'router' && link?.value === settings['tlxc.bridge.name'];

/** "": the kernel draws one. On the bridge, and where a bridge looks at it, it is always the same: leases and names go by it. */
export function hardwareAddressOf(network: NetworkConfig, { config, system }: Compilation): string {
  const settled = isOnBridge(network, system) || network.filter?.value === 'mac';
  if (network.hwaddr !== undefined || !settled) return network.hwaddr?.value ?? '';
  return stableHardwareAddress(TEMPLATE, `${config.lxcpath}\0${config.name}\0${network.index}`);
}

/** None of a plain user's containers: the bridge is root's, and so is what it is told. */
export function bridgeMembers(compilation: Compilation): BridgeMember[] {
  const { config, system, host } = compilation;
  if (host.user !== null || originOfNamespace(compilation, 'net') !== 'new') return [];
  return config.networks
    .filter((network) => isOnBridge(network, system))
    .map((network) => ({
      index: network.index,
      mac: hardwareAddressOf(network, compilation).toLowerCase(),
      ipv4: addresses(network.ipv4),
      ipv6: addresses(network.ipv6),
      ipv4Lease: network.ipv4Lease ?? null,
      ipv6Lease: network.ipv6Lease ?? null,
      ipv4Static: network.ipv4Static?.value ? network.ipv4Static : null,
    }));
}

const addresses = (list: NetworkConfig['ipv4']): Sourced<string>[] =>
  list.map(({ value, at }) => ({ value: value.address, at }));
