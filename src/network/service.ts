/** The bridge service: brings the bridge, its addresses, the packet filter, DHCP and DNS up and down, and says what is up. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import { checkNetworkIsFree, lowerBridge, raiseBridge, readBridge } from './bridge-device.ts';
import {
  dnsmasqPid,
  dropLeases,
  readLeases,
  settledLeases,
  startDnsmasq,
  stopDnsmasq,
  type Lease,
  type LeaseTest,
} from './dnsmasq.ts';
import { applyRules, removeRules, rulesPresent, rulesSeemPresent } from './firewall.ts';
import { enableForwarding, forwardingState } from './forwarding.ts';
import { hostNamesState, hostSeemsTold, tellHost, untellHost, type HostNames } from './host-names.ts';
import { findObstacles, type Obstacle } from './other-firewalls.ts';
import { namePlaces, networkPlaces, type NetworkPlaces } from './places.ts';
import { clearNames, layOutNames } from './registration.ts';
import { readReservations, type Reservation } from './reservations.ts';
import { bridgeNames, type BridgeNames } from './served-names.ts';
import { bridgeSettings, type BridgeSettings } from './settings.ts';
import { makeDirectories } from '../make-directories.ts';

/** The bridge and its services as they are now. */
export interface BridgeStatus {
  readonly bridge: string;
  /** Everything that the settings ask for is there. */
  readonly up: boolean;
  readonly link: 'absent' | 'down' | 'up';
  /** ADDRESS/PREFIX. */
  readonly addresses: readonly string[];
  readonly ports: readonly string[];
  /** null: not running. */
  readonly dnsmasqPid: number | null;
  /** Who answers containers that ask for names. */
  readonly names: BridgeNames;
  readonly leases: readonly Lease[];
  /** What is kept for containers, whether they run or not. */
  readonly reservations: readonly Reservation[];
  readonly rules: boolean;
  readonly nat: boolean;
  readonly forwarding: { readonly ipv4: boolean; readonly ipv6: boolean };
  /** Chains of others in which containers' packets may end. */
  readonly obstacles: readonly Obstacle[];
  readonly hostNames: HostNames;
}

function requireRoot(what: string, bridge: string): void {
  if (process.getuid?.() === 0) return;
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `only root can ${what} the bridge '${bridge}'`,
    hint: `be root (sudo); your own containers may be on it once root has written "USER veth ${bridge} 10" to /etc/tlxc/tlxc-usernet`,
  });
}

/** Settled when all that this process does under the lock is done: who waits for a lock in the kernel keeps it from being done. */
let queue: Promise<unknown> = Promise.resolve();

/** One start or stop at a time. */
function locked<T>(system: SystemConfig, action: (places: NetworkPlaces) => Promise<T>): Promise<T> {
  const turn = queue.then(() => whileLocked(system, action));
  queue = turn.catch(() => undefined);
  return turn;
}

/** The kernel drops the lock when the process ends. */
async function whileLocked<T>(
  system: SystemConfig,
  action: (places: NetworkPlaces) => Promise<T>,
): Promise<T> {
  const places = networkPlaces(system);
  for (const directory of [places.run, places.state]) makeDirectories(directory, 0o700);
  const path = join(places.run, 'lock');
  const lock = native().lock({ path, wait: true });
  if (typeof lock !== 'number') {
    const { syscall, errno } = lock;
    throw new TlxcError({
      code: 'TLXC_E_SYSCALL',
      message: `cannot lock ${path}`,
      syscall,
      errno: errnoName(errno),
      path,
    });
  }
  try {
    return await action(places);
  } finally {
    native().closeFd(lock);
  }
}

/**
 * Brings everything up, or what is missing of it. Throws TLXC_E_PERMISSION, or TLXC_E_NETWORK with the step that
 * failed; what was up by then stays, and a second start completes it. Where another program has port 53 that is told, no failure.
 */
export async function startBridge(system: SystemConfig): Promise<BridgeNames> {
  const settings = bridgeSettings(system);
  requireRoot('bring up', settings.name);
  return locked(system, async (places) => {
    checkNetworkIsFree(settings);
    await raiseBridge(settings);
    enableForwarding(settings);
    await applyRules(settings);
    layOutNames(system);
    await startDnsmasq(settings, { ...places, ...namePlaces(system) });
    return bridgeNames(settings, places);
  });
}

/** Tells the host's resolver of the bridge's DNS, or takes that back, as the settings say; containers need none of it. Throws TLXC_E_NETWORK. */
export async function tellHostNames(system: SystemConfig): Promise<void> {
  await locked(system, (places) => tellHost(bridgeSettings(system), places));
}

/** Takes everything down. Returns the ports on account of which the bridge itself stays, without addresses and down. */
export async function stopBridge(system: SystemConfig): Promise<readonly string[]> {
  const settings = bridgeSettings(system);
  requireRoot('take down', settings.name);
  const { name } = settings;
  if (!existsSync(networkPlaces(system).run) && readBridge(name) === null) return [];
  return locked(system, async (places) => {
    await untellHost(settings, places);
    await stopDnsmasq(places);
    clearNames(system);
    await removeRules();
    return lowerBridge(name);
  });
}

/**
 * Has dnsmasq forget the leases that the test is true of, and with them the names that they were given under. It can be
 * told so in no other way than between its end and its next start: a moment without DNS, whatever becomes of the leases.
 */
export async function forgetLeases(system: SystemConfig, isStale: LeaseTest): Promise<void> {
  if (!(await settledLeases(networkPlaces(system))).some(isStale)) return;
  await locked(system, async (places) => {
    const ran = dnsmasqPid(places) !== null;
    await stopDnsmasq(places);
    try {
      dropLeases(places, isStale);
    } finally {
      if (ran) await startDnsmasq(bridgeSettings(system), { ...places, ...namePlaces(system) });
    }
  });
}

const complete = (status: Omit<BridgeStatus, 'up'>, settings: BridgeSettings): boolean =>
  status.link === 'up' &&
  status.rules &&
  status.dnsmasqPid !== null &&
  [settings.ipv4, settings.ipv6].every(
    (own) => own === null || status.addresses.includes(`${own.address}/${own.prefix}`),
  );

/** Has an interface of this name an address that others can reach? proc(5): in /proc/net, by the protocols that are asked for. */
function hasAddresses({ name, ipv4, ipv6 }: BridgeSettings): boolean {
  const listed = (file: string, pattern: RegExp): boolean => pattern.test(readFileSync(file, 'utf8'));
  const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return (
    (ipv4 === null || listed('/proc/net/route', new RegExp(`^${escaped}\\t`, 'm'))) &&
    (ipv6 === null || listed('/proc/net/if_inet6', new RegExp(` 00 [0-9a-f]{2} +${escaped}$`, 'm')))
  );
}

/**
 * Whether everything seems to be up, without running a program: a fraction of a millisecond. Root only.
 * A wrong address, or a rule of ours that somebody edited, is not seen; that something is missing is.
 */
export function bridgeSeemsUp(system: SystemConfig): boolean {
  const settings = bridgeSettings(system);
  const places = networkPlaces(system);
  return (
    hasAddresses(settings) &&
    dnsmasqPid(places) !== null &&
    rulesSeemPresent() &&
    hostSeemsTold(settings, places)
  );
}

/** Needs root: the packet filter is not shown to others. */
export async function bridgeStatus(system: SystemConfig): Promise<BridgeStatus> {
  const settings = bridgeSettings(system);
  requireRoot('look into', settings.name);
  const places = networkPlaces(system);
  const bridge = readBridge(settings.name);
  const rules = await rulesPresent();
  const status = {
    bridge: settings.name,
    link: bridge === null ? ('absent' as const) : bridge.up ? ('up' as const) : ('down' as const),
    addresses: bridge?.addresses ?? [],
    ports: bridge?.ports ?? [],
    dnsmasqPid: dnsmasqPid(places),
    names: await bridgeNames(settings, places),
    leases: readLeases(places),
    reservations: [...readReservations(places).values()],
    rules,
    nat: rules && settings.nat,
    forwarding: forwardingState(),
    obstacles: await findObstacles(settings.name),
    hostNames: await hostNamesState(settings, places),
  };
  return { ...status, up: complete(status, settings) };
}
