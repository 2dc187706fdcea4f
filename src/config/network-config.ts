/** From the settings of lxc.net.[i].* to one interface's typed configuration. */
import { isTemplate, stableHardwareAddress } from './hwaddr.ts';
import type { Key } from './key.ts';
import type { NetworkConfig, Sourced } from './model.ts';
import { network } from './registry/network.ts';
import type { Settings } from './settings.ts';
import { mapped, optional } from './sourced.ts';

/** The own one takes the place of veth alone: who writes another type in LXC's line means that. */
export function interfaceType(
  settings: Settings,
  index: number,
): Sourced<NetworkConfig['type']['value']> | undefined {
  const [own, type] = [settings.last(network.ownType, index), settings.last(network.type, index)];
  return type === undefined || type.value === 'veth' ? (own ?? type) : type;
}

/** seed settles what a template of a hardware address leaves open. undefined for an interface without a type: checks.ts has reported it. */
export function networkConfig(settings: Settings, index: number, seed: string): NetworkConfig | undefined {
  const last = <T>(key: Key<T>): Sourced<T> | undefined => settings.last(key, index);
  const type = interfaceType(settings, index);
  if (type === undefined) return undefined;
  const hwaddr = last(network.hwaddr);
  const settle = (address: string): string =>
    isTemplate(address) ? stableHardwareAddress(address, seed) : address;
  return {
    index,
    type,
    ...optional('flagsUp', last(network.flags)),
    ...optional('link', last(network.link)),
    ...optional('name', last(network.name)),
    ...optional('hwaddr', hwaddr && mapped(hwaddr, settle)),
    ...optional('mtu', last(network.mtu)),
    ipv4: settings.all(network.ipv4Address, index),
    ipv6: settings.all(network.ipv6Address, index),
    ...optional('ipv4Gateway', last(network.ipv4Gateway)),
    ...optional('ipv6Gateway', last(network.ipv6Gateway)),
    ...optional('l2proxy', last(network.l2proxy)),
    ...optional('ipv4Lease', last(network.ipv4Lease)),
    ...optional('ipv6Lease', last(network.ipv6Lease)),
    ...optional('ipv4Static', last(network.ipv4Static)),
    ...optional('filter', last(network.filter)),
    ...optional('scriptUp', last(network.scriptUp)),
    ...optional('scriptDown', last(network.scriptDown)),
    forwards: settings.all(network.forward, index),
    veth: vethConfig(settings, index),
    ...optional('macvlanMode', last(network.macvlanMode)),
    ...optional('ipvlanMode', last(network.ipvlanMode)),
    ...optional('ipvlanIsolation', last(network.ipvlanIsolation)),
    ...optional('vlanId', last(network.vlanId)),
  };
}

function vethConfig(settings: Settings, index: number): NetworkConfig['veth'] {
  const last = <T>(key: Key<T>): Sourced<T> | undefined => settings.last(key, index);
  return {
    ...optional('pair', last(network.vethPair)),
    ...optional('mode', last(network.vethMode)),
    ...optional('rxQueues', last(network.vethRxQueues)),
    ...optional('txQueues', last(network.vethTxQueues)),
    ipv4Routes: settings.all(network.vethIpv4Route, index),
    ipv6Routes: settings.all(network.vethIpv6Route, index),
    ...optional('vlan', last(network.vethVlanId)),
    taggedVlans: settings.all(network.vethVlanTaggedId, index),
  };
}
