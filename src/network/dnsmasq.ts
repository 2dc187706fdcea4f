/** DHCP and DNS on the bridge: one dnsmasq of our own, known by its pid and start time; other instances are not ours. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import { removeFile } from '../remove-file.ts';
import { otherNameServers, portIsHeld } from './name-service.ts';
import type { NamePlaces, NetworkPlaces } from './places.ts';
import { nameServerHolders, portHolders } from './port-holder.ts';
import type { BridgeSettings } from './settings.ts';
import { runTool } from './tool.ts';

interface Record {
  readonly pid: number;
  /** /proc/PID/stat field 22: with the pid it names one process for ever. */
  readonly startTime: string;
  /** To see whether it runs as the settings now say. */
  readonly argv: readonly string[];
  /** Whom containers ask for names, where that is not this instance: somebody else has port 53. */
  readonly others?: readonly string[];
}

/** An address that the bridge's DHCP has given. */
export interface Lease {
  /** Seconds since 1970. */
  readonly expires: number;
  readonly mac: string;
  readonly address: string;
  /** "" when the container gave none. */
  readonly hostname: string;
}

const SIGHUP = 1;
const SIGTERM = 15;
const SIGKILL = 9;

/** The host's, beside its containers'. */
export const GATEWAY = '_gateway';
/** dnsmasq's own limit, 1000, is less than a bridge may have. */
const MOST_LEASES = 100_000;

const recordFile = ({ run }: NetworkPlaces): string => join(run, 'dnsmasq.json');
const pidFile = ({ run }: NetworkPlaces): string => join(run, 'dnsmasq.pid');
const leaseFile = ({ state }: NetworkPlaces): string => join(state, 'dnsmasq.leases');

/** The unprivileged user that dnsmasq becomes: its own where Debian's package made it. */
function serviceUser(): string {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':')[0]);
  return users.includes('dnsmasq') ? 'dnsmasq' : 'nobody';
}

/** What containers have in common with the host in DNS: its addresses under a name that no container can have. */
function hostRecord({ ipv4, ipv6, domain }: BridgeSettings): string[] {
  const names = domain === '' ? [GATEWAY] : [`${GATEWAY}.${domain}`, GATEWAY];
  const addresses = [ipv4, ipv6].flatMap((own) => (own ? [own.address] : []));
  return addresses.length === 0 ? [] : [`--host-record=${[...names, ...addresses].join(',')}`];
}

/** Names of the domain, and of the bridge's addresses, are known here or not at all: nobody else is asked. */
function domainArguments(settings: BridgeSettings): string[] {
  const { ipv4, ipv6, domain } = settings;
  return [
    '--domain-needed',
    ...(domain === '' ? [] : [`--domain=${domain}`, `--local=/${domain}/`]),
    ...[ipv4, ipv6].flatMap((own) => (own ? [`--rev-server=${own.address}/${own.prefix}`] : [])),
    ...hostRecord(settings),
  ];
}

/**
 * Addresses by router advertisements (a /64 only), whose names dnsmasq learns from the IPv4 lease of the same hardware
 * address; by DHCPv6 only those that are reserved.
 */
function ipv6Arguments({ ipv6 }: BridgeSettings): string[] {
  if (ipv6 === null) return [];
  const listen = `--listen-address=${ipv6.address}`;
  if (ipv6.prefix < 64) return [listen];
  const how = ipv6.prefix === 64 ? 'static,slaac,ra-names' : 'static';
  return [listen, '--enable-ra', `--dhcp-range=${ipv6.address},${how},${ipv6.prefix},1h`];
}

/**
 * --conf-file and --no-hosts: nothing of the host's own dnsmasq, nor its /etc/hosts, reaches containers. Who a container is
 * says its hardware address; neither the name nor the identifier that it sends (clones have the same one) is heeded.
 */
function dnsmasqArguments(
  settings: BridgeSettings,
  places: NetworkPlaces & NamePlaces,
  user: string,
): string[] {
  const { name, ipv4 } = settings;
  return [
    'dnsmasq',
    '--conf-file=/dev/null',
    '--no-hosts',
    `--user=${user}`,
    `--pid-file=${pidFile(places)}`,
    '--bind-interfaces',
    `--interface=${name}`,
    '--except-interface=lo',
    '--strict-order',
    ...domainArguments(settings),
    ...(ipv4 ? [`--listen-address=${ipv4.address}`, `--dhcp-range=${ipv4.range.join(',')},1h`] : []),
    `--dhcp-lease-max=${MOST_LEASES}`,
    `--dhcp-leasefile=${leaseFile(places)}`,
    `--dhcp-hostsdir=${places.dhcp}`,
    `--hostsdir=${places.dns}`,
    '--dhcp-authoritative',
    '--dhcp-no-override',
    '--dhcp-ignore-names',
    '--dhcp-ignore-clid',
    // A ping before each offer would make every first boot wait three seconds for its address.
    '--no-ping',
    ...ipv6Arguments(settings),
  ];
}

/** null: it has ended, even where the host's process 1 is slow to take note, or never does, as in many containers. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command's name, in parentheses, may hold anything: fields are counted after the last one.
    const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(state) ? null : (fields[18] ?? null);
  } catch {
    return null;
  }
}

const alive = ({ pid, startTime }: Record): boolean => startTimeOf(pid) === startTime;

/** Our running instance, null when there is none. */
function running(places: NetworkPlaces): Record | null {
  try {
    const record = JSON.parse(readFileSync(recordFile(places), 'utf8')) as Record;
    return alive(record) ? record : null;
  } catch {
    return null;
  }
}

export const dnsmasqPid = (places: NetworkPlaces): number | null => running(places)?.pid ?? null;

/** Whom containers ask for names while our instance runs without its port 53; null: that instance, if any. */
export const otherServers = (places: NetworkPlaces): readonly string[] | null =>
  running(places)?.others ?? null;

const same = (one: readonly string[] | undefined, other: readonly string[]): boolean =>
  one?.join('\0') === other.join('\0');

/** Has it read the directories again: what was changed or removed there it does not see. Nothing, where it does not run. */
export function rereadHosts(places: NetworkPlaces): void {
  const record = running(places);
  if (record !== null)
    native().signalProcess({ pid: record.pid, startTime: record.startTime, signal: SIGHUP });
}

export type LeaseTest = (lease: Lease) => boolean;

/** Takes the leases that the test is true of out of the file; dnsmasq does not run. */
export function dropLeases(places: NetworkPlaces, isStale: LeaseTest): void {
  const lines = readFileSync(leaseFile(places), 'utf8').split('\n');
  const kept = lines.filter((line) => !parseLeases(line).some(isStale));
  writeFileAtomically(leaseFile(places), kept.join('\n'));
}

/**
 * Starts it; where it runs already as the settings say, does nothing; where they changed, starts it anew. Where somebody else has
 * port 53 it serves addresses alone.
 */
export async function startDnsmasq(
  settings: BridgeSettings,
  places: NetworkPlaces & NamePlaces,
): Promise<void> {
  const wanted = dnsmasqArguments(settings, places, serviceUser());
  const current = running(places);
  if (same(current?.argv, wanted)) return;
  // It may be our own instance, with other settings, that has the port.
  if (current !== null && current.others === undefined) await stopDnsmasq(places);
  const others = (await portIsHeld(settings)) ? await otherNameServers(settings) : undefined;
  const argv = others === undefined ? wanted : withoutNames(wanted, others);
  if (same(current?.argv, argv)) return;
  await stopDnsmasq(places);
  const what = `cannot serve DHCP and DNS on ${settings.name}`;
  try {
    await runTool(argv, what);
  } catch (error) {
    throw explain(error, what);
  }
  const pid = Number(readFileSync(pidFile(places), 'utf8'));
  const record: Record = { pid, startTime: startTimeOf(pid) ?? '', argv, ...(others && { others }) };
  writeFileAtomically(recordFile(places), JSON.stringify(record), { mode: 0o600 });
}

/** What the arguments become where another program has port 53: addresses all the same, and the servers for names that are told. */
function withoutNames(argv: readonly string[], servers: readonly string[]): string[] {
  const option = (name: string, values: readonly string[]): string[] =>
    values.length === 0 ? [] : [`--dhcp-option=${[name, ...values].join(',')}`];
  return [
    ...argv,
    '--port=0',
    ...option(
      'option:dns-server',
      servers.filter((address) => !address.includes(':')),
    ),
    ...option(
      'option6:dns-server',
      servers.filter((address) => address.includes(':')).map((address) => `[${address}]`),
    ),
  ];
}

/** "Address already in use" says neither which port nor whose. */
function explain(error: unknown, what: string): unknown {
  if (!(error instanceof TlxcError) || !/address already in use/i.test(error.message)) return error;
  // That of names was free a moment ago, or is not asked for.
  const [port, holders] = (
    [
      [67, portHolders(67)],
      [53, nameServerHolders()],
    ] as const
  ).find(([, who]) => who.length > 0) ?? [67, []];
  return new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `${what}: port ${port} is held by ${holders.join(', ') || 'a process that cannot be seen'}`,
    errno: 'EADDRINUSE',
    hint: 'make it listen on its own addresses or interfaces only (dnsmasq: bind-interfaces), or stop it',
    cause: error,
  });
}

/** Ends our instance, if there is one, by SIGTERM and after two seconds SIGKILL. Leases are kept. */
export async function stopDnsmasq(places: NetworkPlaces): Promise<void> {
  const record = running(places);
  if (record !== null) {
    const { pid, startTime } = record;
    native().signalProcess({ pid, startTime, signal: SIGTERM });
    for (let waited = 0; alive(record) && waited < 2000; waited += 20) await sleep(20);
    if (alive(record)) native().signalProcess({ pid, startTime, signal: SIGKILL });
  }
  removeFile(recordFile(places));
  removeFile(pidFile(places));
}

/** dnsmasq's lease file: EXPIRES MAC ADDRESS HOSTNAME CLIENT-ID a line; DHCPv6 leases, after "duid", are of another form. */
export function parseLeases(text: string): Lease[] {
  const lines = text.split('\n').filter((line) => /^\d+ [0-9a-f:]{17} /.test(line));
  return lines.map((line) => {
    const [expires = '', mac = '', address = '', hostname = '*'] = line.split(' ');
    return { expires: Number(expires), mac, address, hostname: hostname === '*' ? '' : hostname };
  });
}

export function readLeases(places: NetworkPlaces): Lease[] {
  try {
    return parseLeases(readFileSync(leaseFile(places), 'utf8'));
  } catch {
    return [];
  }
}

/** What two looks agree on: dnsmasq writes the file anew in place, and who looks meanwhile may see nothing. */
export async function settledLeases(places: NetworkPlaces): Promise<Lease[]> {
  let leases = readLeases(places);
  for (let looks = 0; looks < 20; looks++) {
    await sleep(5);
    const again = readLeases(places);
    if (JSON.stringify(again) === JSON.stringify(leases)) break;
    leases = again;
  }
  return leases;
}
