/** tlxc.net.N.type = passt: an interface whose traffic passt(1) carries with the user's own sockets. */
import type { NetworkConfig, Sourced } from '../config/model.ts';
import { whyNoPasst } from '../host/passt.ts';
import type { Compilation, Findings } from './input.ts';
import type { Interface } from './types.ts';

/** As qemu's user networks have them, which also are one network each; no other container has any of these. */
const IPV4 = { address: '10.0.2.15', prefix: 24, gateway: '10.0.2.2' };
const IPV6 = { address: 'fd00:746c:7863::15', prefix: 64, gateway: 'fe80::1' };
/** Whoever asks here asks the host's first name server, one on 127.0.0.1 included. */
export const PASST_NAMES = '10.0.2.3';
/** Of what the gateway seems to be, locally administered. */
const MAC = '02:74:6c:78:63:02';
/** The largest that a tap takes: each packet is a system call. */
const MTU = 65_520;

export const isPasst = ({ type }: NetworkConfig): boolean => type.value === 'passt';

export function checkPasst(network: NetworkConfig, { config, host, findings }: Compilation): void {
  const { index, type } = network;
  const key = `tlxc.net.${index}.type = passt`;
  if (host.user === null) {
    findings.refuse(type.at, `${key}: it is for containers of plain users; root has the bridge`);
    return;
  }
  const first = config.networks.find(isPasst);
  if (first !== network)
    findings.refuse(type.at, `${key}: one is enough, and lxc.net.${first?.index ?? 0} is it`);
  const lack = whyNoPasst(host.user);
  if (lack !== null) findings.refuse(type.at, `${key}: ${lack.found}; mend: ${lack.mend}`);
  checkAddresses(network, findings);
}

/** passt is told of one address of each kind, and of the gateway that it is to be. */
function checkAddresses({ index, ipv4, ipv6, ipv4Gateway, ipv6Gateway }: NetworkConfig, findings: Findings) {
  const families = [
    ['ipv4', ipv4, ipv4Gateway],
    ['ipv6', ipv6, ipv6Gateway],
  ] as const;
  for (const [family, addresses, gateway] of families) {
    const refuse = (at: Sourced<unknown>['at'], key: string, what: string) =>
      findings.refuse(at, `lxc.net.${index}.${family}.${key}: ${what}`);
    const [first, second] = addresses;
    if (second) refuse(second.at, 'address', 'passt serves one address of each kind');
    if (first && !gateway)
      refuse(first.at, 'address', `with passt it needs lxc.net.${index}.${family}.gateway as well`);
    if (gateway && !first)
      refuse(gateway.at, 'gateway', `with passt it needs lxc.net.${index}.${family}.address as well`);
    if (gateway && /^(auto|dev)$/.test(gateway.value))
      refuse(gateway.at, 'gateway', `with passt it is an address, not ${gateway.value}`);
  }
}

interface Family {
  readonly address: string;
  readonly prefix: number;
  readonly gateway: string;
}

/** The configuration's own, or those above. */
function chosen(
  own: Sourced<{ readonly address: string; readonly prefix: number }> | undefined,
  gateway: Sourced<string> | undefined,
  otherwise: Family,
): Family {
  return own && gateway ? { ...own.value, gateway: gateway.value } : otherwise;
}

/** What the interface has where the configuration does not say it, and how passt is run. */
export function compilePasst(
  network: NetworkConfig,
  { host }: Compilation,
): Pick<Interface, 'device' | 'up'> & { readonly network: NetworkConfig } {
  const { type, mtu } = network;
  const ipv4 = chosen(network.ipv4[0], network.ipv4Gateway, IPV4);
  const ipv6 = host.ipv6 ? chosen(network.ipv6[0], network.ipv6Gateway, IPV6) : null;
  const at = <T>(value: T): Sourced<T> => ({ value, at: type.at });
  const addressed = ({ address, prefix }: Family) => [at({ address, prefix, broadcast: '' })];
  const full: NetworkConfig = {
    ...network,
    // The bridge is where it would be with root's help: it leads to no interface of the host's.
    link: at(''),
    name: network.name ?? at('eth%d'),
    mtu: mtu ?? at(MTU),
    ipv4: network.ipv4.length > 0 ? network.ipv4 : addressed(ipv4),
    ipv4Gateway: network.ipv4Gateway ?? at(ipv4.gateway),
    ...(ipv6 && {
      ipv6: network.ipv6.length > 0 ? network.ipv6 : addressed(ipv6),
      ipv6Gateway: network.ipv6Gateway ?? at(ipv6.gateway),
    }),
  };
  return {
    device: {
      op: 'passt',
      program: host.user?.passt ?? '',
      arguments: argumentsOf(ipv4, ipv6, { mtu: mtu?.value ?? MTU, link: host.user?.linkLocal ?? 'lo' }),
    },
    up: true,
    network: full,
  };
}

/**
 * No port of the host leads into the container unasked (passt's own default, said all the same), and no address is the
 * host's loopback under another name (no-map-gw). The interface is looked at for a link-local address, no more: all
 * others are given, so that it works on a host that has no network yet.
 */
function argumentsOf(
  ipv4: Family,
  ipv6: Family | null,
  { mtu, link }: { readonly mtu: number; readonly link: string },
): string[] {
  return [
    ...['--foreground', '--quiet', '--no-map-gw'],
    ...['--tcp-ports', 'none', '--udp-ports', 'none'],
    ...['--interface', link, '--mac-addr', MAC, '--mtu', String(mtu)],
    ...['--address', ipv4.address, '--netmask', String(ipv4.prefix), '--gateway', ipv4.gateway],
    ...['--dns-forward', PASST_NAMES],
    ...(ipv6 === null ? ['--ipv4-only'] : ['--address', ipv6.address, '--gateway', ipv6.gateway]),
  ];
}
