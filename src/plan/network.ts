/** lxc.net.N.*: the interfaces of the container's own network namespace. */
import type { IpAddress, NetworkConfig, Sourced } from '../config/model.ts';
import type { Compilation, Findings } from './input.ts';
import { originOf } from './input.ts';
import { originOfNamespace } from './namespaces.ts';
import type { Interface } from './types.ts';

type Address = Interface['ipv4'][number];

export function compileInterfaces(compilation: Compilation): Interface[] {
  const { config, findings } = compilation;
  // A joined or the host's network namespace is somebody else's to configure.
  if (originOfNamespace(compilation, 'net') !== 'new') return [];
  checkNames(config.networks, findings);
  return config.networks.flatMap((network) => {
    const { type } = network;
    // The loader refuses none beside other types.
    return type.value === 'none' ? [] : [compileInterface(network, type.value, findings)];
  });
}

function compileInterface(network: NetworkConfig, type: Interface['type'], findings: Findings): Interface {
  checkGateways(network, findings);
  const text = (setting: Sourced<string> | undefined) => setting?.value ?? '';
  return {
    index: network.index,
    type,
    link: text(network.link),
    name: text(network.name),
    hostName: text(network.vethPair),
    hwaddr: text(network.hwaddr),
    mtu: network.mtu?.value ?? 0,
    up: network.flagsUp?.value ?? false,
    ipv4: network.ipv4.map((address) => compileAddress(address, true)),
    ipv6: network.ipv6.map((address) => compileAddress(address, false)),
    ipv4Gateway: text(network.ipv4Gateway),
    ipv6Gateway: text(network.ipv6Gateway),
    origin: originOf(network.type.at),
  };
}

/** LXC fills the broadcast address in; over netlink the kernel would leave it unset. */
function compileAddress({ value, at }: Sourced<IpAddress>, ipv4: boolean): Address {
  const { address, prefix } = value;
  const broadcast =
    value.broadcast === '' && ipv4 && prefix < 31 ? broadcastOf(address, prefix) : value.broadcast;
  return { address, prefix, broadcast, origin: originOf(at) };
}

function broadcastOf(address: string, prefix: number): string {
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const last = (number | (0xffffffff >>> prefix)) >>> 0;
  return [24, 16, 8, 0].map((shift) => (last >>> shift) & 0xff).join('.');
}

function checkGateways(network: NetworkConfig, findings: Findings): void {
  for (const [key, gateway] of [
    ['ipv4.gateway', network.ipv4Gateway],
    ['ipv6.gateway', network.ipv6Gateway],
  ] as const) {
    if (gateway === undefined) continue;
    const refuse = (what: string) => findings.refuse(gateway.at, `lxc.net.${network.index}.${key}: ${what}`);
    if (network.type.value === 'empty') refuse('a network of type empty has no gateway');
    else if (!network.flagsUp?.value)
      refuse(`a gateway needs the interface up, lxc.net.${network.index}.flags = up`);
    else if (gateway.value === 'auto' && network.link === undefined)
      refuse('auto is the address of the link, and no link is set');
  }
}

function checkNames(networks: readonly NetworkConfig[], findings: Findings): void {
  const seen = new Map<string, number>();
  for (const network of networks)
    for (const [key, name] of [
      ['name', network.name],
      ['veth.pair', network.vethPair],
    ] as const) {
      if (name === undefined) continue;
      const other = seen.get(`${key} ${name.value}`);
      if (other !== undefined)
        findings.refuse(
          name.at,
          `lxc.net.${network.index}.${key}: ${name.value} is taken by lxc.net.${other}`,
        );
      seen.set(`${key} ${name.value}`, network.index);
    }
}
