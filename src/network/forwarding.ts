/** The kernel's switches that make this host a router for its containers. They stay on: others may rely on them by then. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BridgeSettings } from './settings.ts';

const IPV4 = '/proc/sys/net/ipv4/ip_forward';
const IPV6 = '/proc/sys/net/ipv6/conf';

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // The host runs without this protocol.
    return null;
  }
}

/** A router takes no router advertisements unless told so with 2: interfaces that took them before keep doing so. */
function keepAdvertisements(bridge: string): void {
  for (const name of readdirSync(IPV6)) {
    const conf = join(IPV6, name);
    if (['all', bridge].includes(name) || read(join(conf, 'accept_ra')) !== '1') continue;
    if (read(join(conf, 'forwarding')) === '0') writeFileSync(join(conf, 'accept_ra'), '2');
  }
}

/** The bridge hears its own advertisements, and is not to give itself an address by them. */
function refuseAdvertisements(bridge: string): void {
  const file = join(IPV6, bridge, 'accept_ra');
  if (read(file) !== '0') writeFileSync(file, '0');
}

/** Idempotent: what is on already is not written. Throws the system's error where /proc/sys is read-only. */
export function enableForwarding({ name, ipv4, ipv6 }: BridgeSettings): void {
  if (ipv4 && read(IPV4) === '0') writeFileSync(IPV4, '1');
  const all = join(IPV6, 'all/forwarding');
  const routes = read(all);
  if (!ipv6 || routes === null) return;
  refuseAdvertisements(name);
  if (routes !== '0') return;
  keepAdvertisements(name);
  writeFileSync(all, '1');
}

export const forwardingState = (): { readonly ipv4: boolean; readonly ipv6: boolean } => ({
  ipv4: read(IPV4) === '1',
  ipv6: read(join(IPV6, 'all/forwarding')) === '1',
});
