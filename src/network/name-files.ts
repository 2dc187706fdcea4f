/**
 * What dnsmasq is told of containers, a file each in two directories that it watches: what DHCP gives by MAC, and names
 * for addresses. It is told no names by MAC and believes none that a container claims: a lease gets the name of its
 * address.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { removeFile } from '../remove-file.ts';
import type { NamePlaces } from './places.ts';
import type { Reservation, Reservations } from './reservations.ts';

/** dnsmasq's user reads them; names and addresses are no secret, DNS tells them everybody. */
const READABLE = { mode: 0o644 };

/** Lines of --dhcp-hostsdir: MAC,ADDRESS,[ADDRESS]. */
const dhcpText = ({ interfaces }: Reservation): string =>
  interfaces
    .map(({ mac, ipv4, ipv6 }) => [mac, ...(ipv4 ? [ipv4] : []), ...(ipv6 ? [`[${ipv6}]`] : [])])
    .filter((words) => words.length > 1)
    .map((words) => `${words.join(',')}\n`)
    .join('');

/**
 * The names of a container, the one that is told for an address first; none where another container has the name already:
 * a reservation made before this one. A name with a dot is one of the domain only: it could be anybody's beyond.
 */
export function namesOf(key: string, reservations: Reservations, domain: string): string[] {
  const own = reservations.get(key);
  if (own === undefined) return [];
  const name = own.name.toLowerCase();
  const [first] = [...reservations].find(([, other]) => other.name.toLowerCase() === name) ?? [];
  if (first !== key) return [];
  return [...(domain === '' ? [] : [`${name}.${domain}`]), ...(name.includes('.') ? [] : [name])];
}

/** Lines of --hostsdir: ADDRESS NAME…, all addresses that are known. */
export function dnsText(key: string, reservations: Reservations, domain: string): string {
  const names = namesOf(key, reservations, domain);
  const interfaces = reservations.get(key)?.interfaces ?? [];
  const addresses = interfaces.flatMap(({ own, ipv4, ipv6 }) => [...own, ipv4, ipv6]);
  const lines = [...new Set(addresses)].flatMap((address) =>
    address === null || names.length === 0 ? [] : [`${address} ${names.join(' ')}\n`],
  );
  return lines.join('');
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Whether that changed anything of what was there before: such changes dnsmasq does not see by itself. */
export function writeDhcp({ dhcp }: NamePlaces, key: string, reservation: Reservation): boolean {
  const [path, text] = [join(dhcp, key), dhcpText(reservation)];
  const before = contentOf(path);
  if (before !== text) writeFileAtomically(path, text, READABLE);
  return before !== null && before !== text;
}

export function writeDns({ dns }: NamePlaces, key: string, text: string): void {
  const path = join(dns, key);
  if (contentOf(path) !== text) writeFileAtomically(path, text, READABLE);
}

export function makeDirectories({ dhcp, dns }: NamePlaces): void {
  for (const directory of [dhcp, dns]) mkdirSync(directory, { recursive: true, mode: 0o755 });
}

/** Whether there was one. */
export function removeDhcp({ dhcp }: NamePlaces, key: string): boolean {
  const path = join(dhcp, key);
  const existed = existsSync(path);
  removeFile(path);
  return existed;
}

/** The keys of containers that run. */
export const runningKeys = ({ dns }: NamePlaces): string[] => keysIn(dns);
export const dhcpKeys = ({ dhcp }: NamePlaces): string[] => keysIn(dhcp);

function keysIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter((name) => !name.startsWith('.')) : [];
}
