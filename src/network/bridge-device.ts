/** The bridge itself: the interface, its addresses, its ports. By ip(8) and its JSON. */
import { TlxcError } from '../errors.ts';
import { overlaps, parseAddress, type InterfaceAddress } from './ipv4.ts';
import { isInIpv6Network } from './ipv6.ts';
import type { BridgeSettings } from './settings.ts';
import { runTool } from './tool.ts';

interface IpAddress {
  readonly family: 'inet' | 'inet6';
  readonly local: string;
  readonly prefixlen: number;
  readonly scope: string;
}

interface IpInterface {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
  readonly master?: string;
  readonly addr_info: readonly IpAddress[];
}

export interface BridgeDevice {
  readonly up: boolean;
  /** Global addresses, ADDRESS/PREFIX. */
  readonly addresses: readonly string[];
  /** Interfaces connected to it: containers' host ends, and whatever else was added. */
  readonly ports: readonly string[];
}

async function interfaces(): Promise<readonly IpInterface[]> {
  return JSON.parse(
    await runTool(['ip', '-json', '-details', 'address'], 'cannot list the interfaces'),
  ) as IpInterface[];
}

const globalAddresses = ({ addr_info }: IpInterface): string[] =>
  addr_info.filter(({ scope }) => scope === 'global').map(({ local, prefixlen }) => `${local}/${prefixlen}`);

/** null when there is no such interface. Throws TLXC_E_NETWORK when it is not a bridge. */
export async function readBridge(name: string): Promise<BridgeDevice | null> {
  const all = await interfaces();
  const own = all.find(({ ifname }) => ifname === name);
  if (own === undefined) return null;
  if (own.linkinfo?.info_kind !== 'bridge') {
    throw new TlxcError({
      code: 'TLXC_E_NETWORK',
      message: `the interface ${name} exists and is not a bridge`,
      hint: 'choose another name with: tlxc-config tlxc.bridge.name NAME',
    });
  }
  return {
    up: own.flags.includes('UP'),
    addresses: globalAddresses(own),
    ports: all.filter(({ master }) => master === name).map(({ ifname }) => ifname),
  };
}

const notFree = (network: string, whose: string, setting: string, example: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `the network ${network} is already that of ${whose}`,
    hint: `choose another one with: tlxc-config tlxc.bridge.${setting} ${example}`,
  });

interface IpRoute {
  /** ADDRESS/PREFIX, an address alone, or "default". */
  readonly dst: string;
  readonly dev?: string;
  readonly gateway?: string;
}

/** A route into the bridge's network, a VPN's say: it would win, or take a part. One of a larger network gives way. */
async function checkRoutes({ name, ipv4 }: BridgeSettings): Promise<void> {
  if (ipv4 === null) return;
  const text = await runTool(['ip', '-json', '-4', 'route', 'show'], 'cannot list the routes');
  for (const { dst, dev, gateway } of JSON.parse(text) as readonly IpRoute[]) {
    if (dst === 'default' || dev === name) continue;
    const network = parseAddress(dst.includes('/') ? dst : `${dst}/32`);
    if (network.prefix < ipv4.prefix || !overlaps(ipv4, network)) continue;
    const by = [dev && `by ${dev}`, gateway && `via ${gateway}`].filter(Boolean).join(' ');
    throw notFree(ipv4.network, `a route (${dst} ${by})`, 'ipv4', '10.0.5.1/24');
  }
}

/** Throws TLXC_E_NETWORK when another interface of the host has an address in one of the bridge's networks, or a route leads there. */
export async function checkNetworkIsFree(settings: BridgeSettings): Promise<void> {
  const { name, ipv4, ipv6 } = settings;
  for (const { ifname, addr_info } of await interfaces()) {
    if (ifname === name) continue;
    for (const { family, local, prefixlen } of addr_info) {
      const whose = `${ifname} (${local}/${prefixlen})`;
      if (ipv4 && family === 'inet' && overlaps(ipv4, { address: local, prefix: prefixlen }))
        throw notFree(ipv4.network, whose, 'ipv4', '10.0.5.1/24');
      if (ipv6 && family === 'inet6' && isInIpv6Network(local, ipv6))
        throw notFree(`${ipv6.address}/${ipv6.prefix}`, whose, 'ipv6', 'fd05::1/64');
    }
  }
  await checkRoutes(settings);
}

const written = ({ address, prefix }: InterfaceAddress): string => `${address}/${prefix}`;

/** Makes the bridge, or makes an existing one as the settings say: its addresses are these and no others. */
export async function raiseBridge({ name, mac, ipv4, ipv6 }: BridgeSettings): Promise<void> {
  const ip = (...args: readonly string[]): Promise<string> =>
    runTool(['ip', ...args], `cannot set up the bridge ${name}`);
  const existing = await readBridge(name);
  if (existing === null) await ip('link', 'add', 'name', name, 'address', mac, 'type', 'bridge');
  const wanted = [ipv4, ipv6].flatMap((address) => (address ? [written(address)] : []));
  for (const old of existing?.addresses ?? []) {
    if (!wanted.includes(old)) await ip('address', 'del', old, 'dev', name);
  }
  if (ipv4) await ip('address', 'replace', written(ipv4), 'broadcast', '+', 'dev', name);
  // Nobody else has the address: without nodad DNS and DHCP could not use it for a second.
  if (ipv6) await ip('address', 'replace', written(ipv6), 'dev', name, 'nodad');
  await ip('link', 'set', 'dev', name, 'up');
}

/** Connects those of the interfaces that exist and belong to no bridge: containers' ends, after theirs was deleted. */
export async function connectPorts(name: string, ports: readonly string[]): Promise<void> {
  const loose = (await interfaces()).filter(
    ({ ifname, master }) => ports.includes(ifname) && master === undefined,
  );
  for (const { ifname } of loose)
    await runTool(
      ['ip', 'link', 'set', 'dev', ifname, 'master', name, 'up'],
      `cannot connect ${ifname} to ${name}`,
    );
}

/** Removes the bridge; one that containers are connected to is only taken down. Returns its ports. */
export async function lowerBridge(name: string): Promise<readonly string[]> {
  const bridge = await readBridge(name);
  if (bridge === null) return [];
  const ip = (...args: readonly string[]): Promise<string> =>
    runTool(['ip', ...args], `cannot take down the bridge ${name}`);
  if (bridge.ports.length === 0) {
    await ip('link', 'delete', 'dev', name, 'type', 'bridge');
  } else {
    await ip('address', 'flush', 'dev', name, 'scope', 'global');
    await ip('link', 'set', 'dev', name, 'down');
  }
  return bridge.ports;
}
