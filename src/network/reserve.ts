/** Which addresses a container gets: its configuration's, those it had, or some that are free. Pure. */
import { TlxcError } from '../errors.ts';
import { Problem, type SourceLocation } from '../problem.ts';
import type { Lease } from './dnsmasq.ts';
import { drawAddress, isHostAddress } from './ipv4.ts';
import { canonicalIpv6 } from './ipv6.ts';
import type { Member, Newcomer } from './member.ts';
import type { Reservation, Reservations, Reserved } from './reservations.ts';
import type { BridgeSettings } from './settings.ts';

export interface Circumstances {
  readonly settings: BridgeSettings;
  readonly leases: readonly Lease[];
  /** Keys of the containers that run. */
  readonly running: ReadonlySet<string>;
  readonly warn: (text: string) => void;
}

const ownAddresses = ({ ipv4, ipv6 }: Member): string[] => [
  ...ipv4.map(({ value }) => value),
  ...ipv6.map(({ value }) => canonicalIpv6(value)).filter((address) => !address.startsWith('fe80:')),
];

/** The IPv4 address that the configuration settles: the lease it asks for, or the interface's own. */
function settledIpv4({ ipv4, ipv4Lease }: Member, { ipv4: bridge }: BridgeSettings): string | null {
  const own = bridge && ipv4.find(({ value }) => isHostAddress(value, bridge));
  return ipv4Lease?.value ?? own?.value ?? null;
}

function isSettled(member: Member, known: Reserved | undefined, settings: BridgeSettings): boolean {
  if (known?.mac !== member.mac) return false;
  const settled = settledIpv4(member, settings);
  const { ipv4: bridge } = settings;
  const fits =
    settled === null
      ? !known.chosen && (bridge ? known.ipv4 !== null && isHostAddress(known.ipv4, bridge) : !known.ipv4)
      : known.chosen && known.ipv4 === settled;
  const ipv6 = member.ipv6Lease && canonicalIpv6(member.ipv6Lease.value);
  return fits && known.ipv6 === ipv6 && known.own.join() === ownAddresses(member).join();
}

/** Whether a start changes nothing of what is reserved. */
export function isReserved(
  { key, name, configFile, members }: Newcomer,
  settings: BridgeSettings,
  now: Reservations,
): boolean {
  const known = now.get(key);
  if (known?.name !== name || known.configFile !== configFile) return false;
  return (
    known.interfaces.length === members.length &&
    members.every((member, at) => isSettled(member, known.interfaces[at], settings))
  );
}

interface Holder {
  readonly key: string;
  readonly reservation: Reservation;
  /** Neither a configuration's nor in use: it may be given to somebody else. */
  readonly yields: boolean;
}

function holderOf(address: string, others: Reservations, running: ReadonlySet<string>): Holder | null {
  for (const [key, reservation] of others)
    for (const { ipv4, ipv6, own, chosen } of reservation.interfaces) {
      if (ipv4 !== address && ipv6 !== address && !own.includes(address)) continue;
      return { key, reservation, yields: ipv4 === address && !chosen && !running.has(key) };
    }
  return null;
}

function refuse(
  key: string,
  address: string,
  at: SourceLocation,
  { reservation, key: holder }: Holder,
): never {
  const whose = `${reservation.name}'s already (${reservation.lxcpath})`;
  const drawn = reservation.interfaces.some(({ ipv4, chosen }) => ipv4 === address && !chosen);
  throw new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: 'the container cannot be started as it is configured',
    container: holder,
    problems: [new Problem({ message: `it is ${whose}`, at, subject: { key, value: address } })],
    hint: drawn
      ? `choose another address, or stop ${reservation.name}, which gets another one at its next start`
      : `choose another address; tlxc-net status lists those that are taken`,
  });
}

const withoutAddress = (reservation: Reservation, address: string): Reservation => ({
  ...reservation,
  interfaces: reservation.interfaces.map((one) => (one.ipv4 === address ? { ...one, ipv4: null } : one)),
});

/** Takes the addresses that the configuration names from whoever had drawn one of them. Throws TLXC_E_CONFIG. */
function claim(member: Member, others: Map<string, Reservation>, { running, warn }: Circumstances): void {
  const leases = [
    ['ipv4', member.ipv4Lease],
    ['ipv6', member.ipv6Lease],
  ] as const;
  const wanted = [
    ...leases.flatMap(([family, lease]) =>
      lease ? [{ lease, key: `tlxc.net.${member.index}.${family}.lease`, address: lease.value }] : [],
    ),
    ...ownAddresses(member).map((address) => ({ lease: null, key: '', address })),
  ];
  for (const { lease, key, address } of wanted) {
    const holder = holderOf(address.includes(':') ? canonicalIpv6(address) : address, others, running);
    if (holder === null) continue;
    if (holder.yields) others.set(holder.key, withoutAddress(holder.reservation, address));
    else if (lease) refuse(key, address, lease.at, holder);
    else warn(`lxc.net.${member.index}: the address ${address} is that of ${holder.reservation.name}, too`);
  }
}

/** FNV-1a, so that a container is likely to get the same address wherever and whenever it is drawn. */
const seedOf = (mac: string): number =>
  Buffer.from(mac).reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);

function draw(
  mac: string,
  before: string | null,
  taken: ReadonlySet<string>,
  { settings, leases }: Circumstances,
): string | null {
  const { ipv4: bridge } = settings;
  if (bridge === null) return null;
  const now = Date.now() / 1000;
  const foreign = leases.filter((lease) => lease.mac !== mac && lease.expires > now);
  const others = new Set([...taken, bridge.address, ...foreign.map(({ address }) => address)]);
  const leased = leases.find((lease) => lease.mac === mac)?.address ?? null;
  for (const known of [before, leased])
    if (known !== null && isHostAddress(known, bridge) && !others.has(known)) return known;
  return drawAddress(bridge.range, seedOf(mac), (address) => others.has(address));
}

/**
 * The reservations with those of the newcomer, which keep their place among the others: it says whose a name is. Throws
 * TLXC_E_CONFIG where an address that it asks for is another container's by configuration, or in use.
 */
export function reserve(
  before: Reservations,
  newcomer: Newcomer,
  circumstances: Circumstances,
): Reservations {
  const { key, members, name, lxcpath, configFile } = newcomer;
  const known = before.get(key);
  const others = new Map([...before].filter(([other]) => other !== key));
  for (const member of members) claim(member, others, circumstances);
  const taken = new Set(
    [...others.values()].flatMap(({ interfaces }) =>
      interfaces.flatMap(({ ipv4, own }) => [...own, ...(ipv4 ? [ipv4] : [])]),
    ),
  );
  const interfaces = members.map((member, at): Reserved => {
    const settled = settledIpv4(member, circumstances.settings);
    const last = known?.interfaces[at];
    const ipv4 = settled ?? draw(member.mac, last?.ipv4 ?? null, taken, circumstances);
    if (ipv4 !== null) taken.add(ipv4);
    const ipv6 = member.ipv6Lease && canonicalIpv6(member.ipv6Lease.value);
    return { mac: member.mac, ipv4, ipv6, chosen: settled !== null, own: ownAddresses(member) };
  });
  const after = new Map([...before].map(([other, reservation]) => [other, others.get(other) ?? reservation]));
  return after.set(key, { name, lxcpath, configFile, interfaces });
}

/** After the bridge got another network: those drawn from the old one are drawn anew. The same map where there are none. */
export function redraw(
  before: Reservations,
  { settings, leases }: Pick<Circumstances, 'settings' | 'leases'>,
): Reservations {
  const { ipv4: bridge } = settings;
  const isStale = ({ chosen, ipv4 }: Reserved): boolean =>
    !chosen && ipv4 !== null && (bridge === null || !isHostAddress(ipv4, bridge));
  if (![...before.values()].some(({ interfaces }) => interfaces.some(isStale))) return before;
  const taken = new Set(
    [...before.values()].flatMap(({ interfaces }) =>
      interfaces.flatMap(({ ipv4, own }) => [...own, ...(ipv4 ? [ipv4] : [])]),
    ),
  );
  const circumstances = { settings, leases, running: new Set<string>(), warn: () => undefined };
  const anew = (one: Reserved): Reserved => {
    if (!isStale(one)) return one;
    const ipv4 = draw(one.mac, null, taken, circumstances);
    if (ipv4 !== null) taken.add(ipv4);
    return { ...one, ipv4 };
  };
  return new Map(
    [...before].map(([key, reservation]) => [
      key,
      { ...reservation, interfaces: reservation.interfaces.map(anew) },
    ]),
  );
}
