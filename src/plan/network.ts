/** lxc.net.N.*: the interfaces of the container's own network namespace. */
import type { NetworkConfig, Sourced } from '../config/model.ts';
import type { SourceLocation } from '../errors.ts';
import { hardwareAddressOf } from './bridge-members.ts';
import { compileScript } from './hooks.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { originOfNamespace } from './namespaces.ts';
import {
  checkInterface,
  checkLeases,
  checkStatic,
  checkFilter,
  checkNames,
  sayHostNetwork,
} from './network-checks.ts';
import { checkPasst, compilePasst, isPasst } from './passt.ts';
import type { Interface } from './types.ts';

type Device = Interface['device'];
type Veth = Extract<Device, { op: 'veth' }>;

/** VethDevice.vlan */
const BRIDGES_OWN = -2;
const UNTAGGED_DROPPED = -1;

export function compileInterfaces(compilation: Compilation): Interface[] {
  const { config, findings } = compilation;
  // A joined or the host's network namespace is somebody else's to configure.
  const whose = originOfNamespace(compilation, 'net');
  if (whose === 'host') sayHostNetwork(config.networks, findings);
  if (whose !== 'new') return [];
  checkNames(config.networks, findings);
  return config.networks.map((network) => {
    checkInterface(network, findings);
    checkLeases(network, compilation);
    checkStatic(network, compilation);
    checkFilter(network, compilation);
    if (!isPasst(network)) return compileInterface(network, compileDevice(network), compilation);
    checkPasst(network, compilation);
    const { device, up, network: full } = compilePasst(network, compilation);
    return { ...compileInterface(full, device, compilation), up };
  });
}

const place = <T, D>(setting: Sourced<T> | undefined, unset: D, fallback: SourceLocation) => ({
  value: setting?.value ?? unset,
  origin: originOf(setting?.at ?? fallback),
});

function compileInterface(network: NetworkConfig, device: Device, compilation: Compilation): Interface {
  const placed = (setting: Sourced<string> | undefined) => place(setting, '', network.type.at);
  const addresses = (list: NetworkConfig['ipv4']) =>
    list.map(({ value, at }) => ({ ...value, origin: originOf(at) }));
  const link = placed(network.link);
  if (device.op === 'phys' && device.prefix) link.value = link.value.slice(0, -1);
  return {
    index: network.index,
    device,
    link,
    name: placed(network.name),
    hwaddr: { ...placed(network.hwaddr), value: hardwareAddressOf(network, compilation) },
    mtu: place(network.mtu, 0, network.type.at),
    up: network.flagsUp?.value ?? false,
    ipv4: addresses(network.ipv4),
    ipv6: addresses(network.ipv6),
    ipv4Gateway: placed(network.ipv4Gateway),
    ipv6Gateway: placed(network.ipv6Gateway),
    l2proxy: network.l2proxy?.value && network.link ? originOf(network.l2proxy.at) : null,
    scriptUp: compileScript('up', network, compilation),
    scriptDown: compileScript('down', network, compilation),
    origin: originOf(network.type.at),
  };
}

function compileDevice(network: NetworkConfig): Device {
  const { type, link } = network;
  switch (type.value) {
    case 'veth':
      return compileVeth(network);
    case 'macvlan':
      return { op: 'macvlan', mode: network.macvlanMode?.value ?? 'private' };
    case 'ipvlan':
      return compileIpvlan(network);
    case 'vlan':
      return { op: 'vlan', id: place(network.vlanId, 0, type.at) };
    case 'phys':
      return { op: 'phys', prefix: link?.value.endsWith('+') ?? false };
    case 'empty':
    case 'none': // the loader refuses none beside other types
    case 'passt': // passt.ts
      return { op: 'empty' };
  }
}

const compileIpvlan = ({ ipvlanMode, ipvlanIsolation }: NetworkConfig): Device => ({
  op: 'ipvlan',
  mode: ipvlanMode?.value ?? 'l3',
  isolation: ipvlanIsolation?.value ?? 'bridge',
});

function compileVeth({ veth, type, filter }: NetworkConfig): Veth {
  const routes = (list: NetworkConfig['veth']['ipv4Routes']) =>
    list.map(({ value, at }) => ({ ...value, origin: originOf(at) }));
  const vlan = place(veth.vlan, BRIDGES_OWN, type.at);
  return {
    op: 'veth',
    hostName: place(veth.pair, '', type.at),
    mode: veth.mode?.value ?? 'bridge',
    rxQueues: place(veth.rxQueues, 0, type.at),
    txQueues: place(veth.txQueues, 0, type.at),
    ipv4Routes: routes(veth.ipv4Routes),
    ipv6Routes: routes(veth.ipv6Routes),
    vlan: { ...vlan, value: vlan.value === 'none' ? UNTAGGED_DROPPED : vlan.value },
    taggedVlans: veth.taggedVlans.map((tag) => place(tag, 0, tag.at)),
    ownFramesOnly: filter?.value === 'mac' ? originOf(filter.at) : null,
  };
}
