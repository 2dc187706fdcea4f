/** The bridge itself: the interface, its addresses, its ports. By netlink. */
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native, type InterfaceState, type Ipv4Route, type NativeFailure } from '../native/binding.ts';
import { broadcastOf, freeAddress, overlaps, parseAddress, type InterfaceAddress } from './ipv4.ts';
import { isInIpv6Network } from './ipv6.ts';
import { changeLinks, making, type LinkChange } from '../host/link-changes.ts';
import type { BridgeSettings } from './settings.ts';

export interface BridgeDevice {
  readonly up: boolean;
  /** Global addresses, ADDRESS/PREFIX. */
  readonly addresses: readonly string[];
  /** Interfaces connected to it: containers' host ends, and whatever else was added. */
  readonly ports: readonly string[];
}

/** For each answer of the kernel's: it comes at once, but for a host that has much else to do. */
const KERNEL_MS = 5000;

function told<T>(answer: readonly T[] | NativeFailure, what: string): readonly T[] {
  if (!('errno' in answer)) return answer;
  const { syscall, errno } = answer;
  throw new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `${what} (${syscall})`,
    ...{ syscall, errno: errnoName(errno) },
    hint: 'the kernel did not tell; try again',
  });
}

const interfaces = (): readonly InterfaceState[] =>
  told(native().networkState({ initPidfd: -1, timeoutMs: KERNEL_MS }), 'cannot list the interfaces');

const routes = (): readonly Ipv4Route[] =>
  told(native().ipv4Routes({ timeoutMs: KERNEL_MS }), 'cannot list the routes');

const globalAddresses = ({ addresses }: InterfaceState): string[] =>
  addresses.filter(({ scope }) => scope === 'global').map(written);

const written = ({ address, prefix }: InterfaceAddress): string => `${address}/${prefix}`;

/** null when there is no such interface. Throws TLXC_E_NETWORK when it is not a bridge. */
export function readBridge(name: string): BridgeDevice | null {
  const all = interfaces();
  const own = all.find((each) => each.name === name);
  if (own === undefined) return null;
  if (own.kind !== 'bridge') {
    throw new TlxcError({
      code: 'TLXC_E_NETWORK',
      message: `the interface ${name} exists and is not a bridge`,
      hint: 'choose another name with: tlxc-config tlxc.bridge.name NAME',
    });
  }
  return {
    up: own.up,
    addresses: globalAddresses(own),
    ports: all.filter(({ master }) => master === own.index).map((each) => each.name),
  };
}

const notFree = (network: string, whose: string, setting: string, example: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `the network ${network} is already that of ${whose}`,
    hint: `choose another one with: tlxc-config tlxc.bridge.${setting} ${example}`,
  });

/** Free of what interfaces have and routes lead to, as far as there is such a network. */
function freeExample(): string {
  const own = interfaces().flatMap(({ addresses }) => addresses.filter(({ family }) => family === 'inet'));
  const far = routes().flatMap(({ destination: address, prefix }) =>
    prefix === 0 ? [] : [{ address, prefix }],
  );
  return freeAddress([...own, ...far]) || freeAddress(own) || 'ADDRESS/PREFIX';
}

/** A route into the bridge's network, a VPN's say: it would win, or take a part. One of a larger network gives way. */
function checkRoutes({ name, ipv4 }: BridgeSettings): void {
  if (ipv4 === null) return;
  for (const { destination: address, prefix, device, gateway } of routes()) {
    const network = { address, prefix };
    if (device === name || prefix < Math.max(ipv4.prefix, 1) || !overlaps(ipv4, network)) continue;
    const way = [written(network), device && `by ${device}`, gateway && `via ${gateway}`].filter(Boolean);
    throw notFree(ipv4.network, `a route (${way.join(' ')})`, 'ipv4', freeExample());
  }
}

/** Throws TLXC_E_NETWORK when another interface of the host has an address in one of the bridge's networks, or a route leads there. */
export function checkNetworkIsFree(settings: BridgeSettings): void {
  const { ipv4, ipv6 } = settings;
  for (const { name, addresses } of interfaces()) {
    if (name === settings.name) continue;
    for (const own of addresses) {
      const whose = `${name} (${written(own)})`;
      if (ipv4 && own.family === 'inet' && overlaps(ipv4, own))
        throw notFree(ipv4.network, whose, 'ipv4', freeExample());
      if (ipv6 && own.family === 'inet6' && isInIpv6Network(own.address, ipv6))
        throw notFree(written(ipv6), whose, 'ipv6', 'fd05::1/64');
    }
  }
  checkRoutes(settings);
}

/** What makes the bridge, or an existing one, as the settings say: its addresses are these and no others. */
export function raising(
  { name: link, mac: hwaddr, ipv4, ipv6 }: BridgeSettings,
  existing: BridgeDevice | null,
): LinkChange[] {
  const wanted = [ipv4, ipv6].flatMap((address) => (address ? [written(address)] : []));
  const others = (existing?.addresses ?? []).filter((old) => !wanted.includes(old));
  return [
    ...(existing === null ? [{ ...making(link, 'bridge'), hwaddr }] : []),
    ...others.map((old) => taking(link, old)),
    // In this order: a dnsmasq that runs looks for leases' interfaces, and IPv6 names with them, when IPv4 comes.
    ...(ipv6 ? [giving(link, ipv6, '')] : []),
    ...(ipv4 ? [giving(link, ipv4, broadcastOf(ipv4))] : []),
    { op: 'state', link, up: true },
  ];
}

/** Nobody else has an address of the bridge's: if that were asked first, DNS and DHCP could not use one of IPv6 for a second. */
const giving = (link: string, { address, prefix }: InterfaceAddress, broadcast: string): LinkChange => ({
  op: 'address',
  ...{ link, address, prefix, broadcast, sure: true },
});

function taking(link: string, text: string): LinkChange {
  const { address, prefix } = parseAddress(text);
  return { op: 'no-address', link, address, prefix };
}

/** Throws TLXC_E_NETWORK. */
export async function raiseBridge(settings: BridgeSettings): Promise<void> {
  const { name } = settings;
  await changeLinks(raising(settings, readBridge(name)), `cannot set up the bridge ${name}`);
}

/** Those of the interfaces that exist and belong to no bridge: containers' ends, after theirs was deleted or made anew. */
export const looseOf = (ports: readonly string[]): readonly string[] =>
  interfaces().flatMap(({ name, master }) => (ports.includes(name) && master === undefined ? [name] : []));

/** Connects the loose ones. */
export async function connectPorts(bridge: string, ports: readonly string[]): Promise<void> {
  for (const link of looseOf(ports))
    await changeLinks([{ op: 'port', link, bridge }], `cannot connect ${link} to ${bridge}`);
}

/** Removes the bridge; one that containers are connected to is only taken down. Returns its ports. */
export async function lowerBridge(link: string): Promise<readonly string[]> {
  const bridge = readBridge(link);
  if (bridge === null) return [];
  const changes: readonly LinkChange[] =
    bridge.ports.length === 0
      ? [{ op: 'delete', link }]
      : [...bridge.addresses.map((own) => taking(link, own)), { op: 'state', link, up: false }];
  await changeLinks(changes, `cannot take down the bridge ${link}`);
  return bridge.ports;
}
