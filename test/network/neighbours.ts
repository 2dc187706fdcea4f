/** Containers on the bridge, with a DHCP client. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox, type ContainerOptions } from '../rig/containers.ts';
import type { Feature } from '../rig/requires.ts';
import type { World } from '../rig/world.ts';

export const bridged: readonly Feature[] = [
  ...(['root', 'userns', 'idmap', 'busybox', 'veth', 'bridge', 'dnsmasq', 'nftables'] as const),
];

/** busybox's udhcpc calls this with the lease in its environment. */
const onLease = String.raw`#!/bin/sh
[ "$1" = bound ] || exit 0
ip -4 addr flush dev "$interface" scope global
ip addr add "$ip/$mask" dev "$interface"
ip route add default via "$router"
for each in $dns; do echo "nameserver $each"; done > /etc/resolv.conf
echo "search $domain" >> /etc/resolv.conf
echo "$ip"
`;

/** Lines of an interface on a bridge. */
export const on = (bridge: string, ...lines: readonly string[]): string[] => [
  'lxc.net.0.type = veth',
  `lxc.net.0.link = ${bridge}`,
  'lxc.net.0.flags = up',
  ...lines,
];

/** A busybox container on TLXC's bridge, not started. */
export function addNeighbour(
  world: World,
  name: string,
  lines: readonly string[] = [],
  options: ContainerOptions = {},
): void {
  addBusybox(world, name, { ...options, config: [...on('tlxcbr0'), ...lines] });
  const script = join(world.lxcpath, name, 'rootfs/lease');
  writeFileSync(script, onLease);
  chmodSync(script, 0o755);
}

/** Runs a line of shell in the container and gives what it printed, trimmed; throws unless it exits 0. */
export async function inside(world: World, name: string, line: string): Promise<string> {
  const { code, stdout, stderr } = await world.run('tlxc-attach', '-n', name, '--', 'sh', '-c', line);
  if (code !== 0) throw new Error(`${name}: ${line}: exit ${code}\n${stdout}${stderr}`);
  return stdout.trim();
}

/** Asks DHCP, with further words for udhcpc, and gives the address that eth0 has then. */
export const askDhcp = (world: World, name: string, words = ''): Promise<string> =>
  inside(world, name, `udhcpc -q -f -n -t 5 -i eth0 -s /lease ${words} 2>/dev/null`);

/** Starts it and has it ask DHCP. */
export async function startNeighbour(world: World, name: string): Promise<string> {
  await world.sh(`tlxc-start -n ${name}`);
  return askDhcp(world, name);
}

/** What the bridge's DNS says of a name or an address: addresses, or names; sorted, "" for none. */
export async function lookUp(world: World, what: string): Promise<string> {
  const { stdout } = await world.run('busybox', 'nslookup', what, '10.0.4.1');
  const answer = stdout.split('\n').slice(3);
  const found = answer.flatMap(
    (line) => /^Address(?: \d+)?: +(\S+)$|name = (\S+)$/.exec(line)?.slice(1) ?? [],
  );
  return found.filter(Boolean).sort().join(' ');
}
