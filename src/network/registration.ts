/** Containers start on the bridge, are renamed and destroyed: what its DHCP and DNS are told of it. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';
import { removeFile } from '../remove-file.ts';
import { readLeases, rereadHosts, type LeaseTest } from './dnsmasq.ts';
import type { Newcomer } from './member.ts';
import {
  dhcpKeys,
  dnsText,
  makeDirectories,
  namesOf,
  removeDhcp,
  runningKeys,
  writeDhcp,
  writeDns,
} from './name-files.ts';
import { namePlaces, networkPlaces } from './places.ts';
import { changeReservations, readReservations, type Reservation, type Reservations } from './reservations.ts';
import { isReserved, redraw, reserve } from './reserve.ts';
import { bridgeSettings } from './settings.ts';

/**
 * Reserves the container's addresses where that has not been done yet, and tells DHCP and DNS of it. Nothing is waited for:
 * dnsmasq watches the files, and reads them when it starts. Throws TLXC_E_CONFIG where an address that the
 * configuration asks for is somebody else's, TLXC_E_SYSCALL and the system's errors where nothing can be written.
 * Returns which leases are to be forgotten, those that stand in the way; null: none.
 */
export function register(
  system: SystemConfig,
  newcomer: Newcomer,
  warn: (text: string) => void,
): LeaseTest | null {
  const { key, name } = newcomer;
  const [settings, places, files] = [bridgeSettings(system), networkPlaces(system), namePlaces(system)];
  makeDirectories(files);
  const now = readReservations(places);
  const circumstances = () => ({
    settings,
    leases: readLeases(places),
    running: new Set(runningKeys(files)),
    warn,
  });
  const tell = (reservations: Reservations): void => tellDhcp(system, reservations);
  const reservations = isReserved(newcomer, settings, now)
    ? now
    : changeReservations(places, (before) => reserve(before, newcomer, circumstances()), tell);
  const own = reservations.get(key);
  // After a boot of the host there is none of its files.
  if (own !== undefined && writeDhcp(files, key, own)) rereadHosts(places);
  writeDns(files, key, dnsText(key, reservations, settings.domain));
  if (namesOf(key, reservations, settings.domain).length === 0)
    warn(`${name} has no name in the bridge's DNS: ${whyNone(name, key, reservations)}`);
  return reservations === now || own === undefined ? null : inTheWay(own);
}

/** A lease of somebody else's on an address of the container's. */
const inTheWay =
  ({ interfaces }: Reservation): LeaseTest =>
  ({ address, mac }) =>
    interfaces.some((own) => own.ipv4 === address && own.mac !== mac);

const ofInterfaces =
  ({ interfaces }: Reservation): LeaseTest =>
  ({ mac }) =>
    interfaces.some((own) => own.mac === mac);

/** DHCP knows what is reserved, and keeps nothing for a container that went without a word. The reservations are locked. */
function tellDhcp(system: SystemConfig, reservations: Reservations): void {
  const [places, files] = [networkPlaces(system), namePlaces(system)];
  const changed = [...reservations].map(([key, reservation]) => writeDhcp(files, key, reservation));
  const gone = dhcpKeys(files).filter((key) => !reservations.has(key));
  const removed = gone.map((key) => removeDhcp(files, key));
  if ([...changed, ...removed].includes(true)) rereadHosts(places);
}

function whyNone(name: string, key: string, reservations: Reservations): string {
  const other = [...reservations].find(
    ([each, one]) => each !== key && one.name.toLowerCase() === name.toLowerCase(),
  );
  if (other === undefined) return 'a name with a dot needs a domain (tlxc.bridge.domain)';
  return `${other[1].name} of ${other[1].lxcpath} had it first`;
}

/** The container is gone: its addresses are free. Returns which leases are to be forgotten, its own. */
export function unregister(system: SystemConfig, key: string): LeaseTest | null {
  const [places, files] = [networkPlaces(system), namePlaces(system)];
  const known = readReservations(places).get(key);
  if (known === undefined) return null;
  changeReservations(places, (before) => new Map([...before].filter(([other]) => other !== key)));
  removeFile(join(files.dns, key));
  if (removeDhcp(files, key)) rereadHosts(places);
  return ofInterfaces(known);
}

/** The container that had the key is from now on this one. Returns which leases are to be forgotten: they have the old name. */
export function reregister(
  system: SystemConfig,
  key: string,
  now: Pick<Newcomer, 'key' | 'name' | 'lxcpath' | 'configFile'>,
): LeaseTest | null {
  const [places, files] = [networkPlaces(system), namePlaces(system)];
  const known = readReservations(places).get(key);
  if (known === undefined) return null;
  const { name, lxcpath, configFile } = now;
  const renamed = { ...known, name, lxcpath, configFile };
  changeReservations(places, (before) => {
    const others = [...before].filter(([other]) => other !== key && other !== now.key);
    return new Map([...others, [now.key, renamed]]);
  });
  removeDhcp(files, key);
  makeDirectories(files);
  writeDhcp(files, now.key, renamed);
  rereadHosts(places);
  return ofInterfaces(known);
}

/** Before dnsmasq starts, or while it runs: its files are as the reservations and the settings say. */
export function layOutNames(system: SystemConfig): void {
  const [settings, places, files] = [bridgeSettings(system), networkPlaces(system), namePlaces(system)];
  makeDirectories(files);
  const leases = readLeases(places);
  changeReservations(
    places,
    (before) => redraw(before, { settings, leases }),
    (reservations) => {
      tellDhcp(system, reservations);
      for (const key of runningKeys(files)) {
        if (reservations.has(key)) writeDns(files, key, dnsText(key, reservations, settings.domain));
        else removeFile(join(files.dns, key));
      }
    },
  );
}

/** DHCP is not told of containers while there is none. */
export function clearNames(system: SystemConfig): void {
  const files = namePlaces(system);
  rmSync(files.dhcp, { recursive: true, force: true });
  if (runningKeys(files).length === 0) rmSync(join(files.dns, '..'), { recursive: true, force: true });
}
