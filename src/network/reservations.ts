/**
 * Which addresses on the bridge are whose: STATEDIR/network/reservations.json, the containers by their keys. It is written
 * when a container starts for the first time, is renamed or destroyed, and only read at every other start.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import type { NetworkPlaces } from './places.ts';
import { makeDirectories } from '../make-directories.ts';

/** One interface on the bridge. */
export interface Reserved {
  readonly mac: string;
  /** What DHCP gives; null: the bridge has no IPv4, or no address was left. */
  readonly ipv4: string | null;
  /** What DHCPv6 gives, where the configuration says so. */
  readonly ipv6: string | null;
  /** ipv4 is the configuration's, not drawn. */
  readonly chosen: boolean;
  /** The addresses that the configuration gives the interface itself. */
  readonly own: readonly string[];
}

/** What a container has on the bridge until it is destroyed. */
export interface Reservation {
  readonly name: string;
  readonly lxcpath: string;
  /** Whose end, seen when a line is written, is the reservation's: the container's configuration. */
  readonly configFile: string;
  readonly interfaces: readonly Reserved[];
}

/** By the container's key (NAME@STORE), which is the name of its files, too. */
export type Reservations = ReadonlyMap<string, Reservation>;

const fileOf = ({ state }: NetworkPlaces): string => join(state, 'reservations.json');

export function readReservations(places: NetworkPlaces): Reservations {
  try {
    const text = readFileSync(fileOf(places), 'utf8');
    return new Map(Object.entries(JSON.parse(text) as Record<string, Reservation>));
  } catch {
    // None was written yet: files of ours are written whole.
    return new Map();
  }
}

const textOf = (reservations: Reservations): string => JSON.stringify(Object.fromEntries(reservations));

/** One whose container went without a word (rm -r) holds nothing; one whose store is not mounted does. */
const isHeld = ({ configFile, lxcpath }: Reservation): boolean =>
  existsSync(configFile) || !existsSync(lxcpath);

/**
 * Changes the reservations under their lock, and gives what `change` makes of them; `tell` passes that on before anybody
 * else changes them again. Throws the system's error, TLXC_E_SYSCALL.
 */
export function changeReservations(
  places: NetworkPlaces,
  change: (before: Reservations) => Reservations,
  tell: (after: Reservations) => void = () => undefined,
): Reservations {
  makeDirectories(places.state, 0o700);
  const path = join(places.state, '.lock');
  const lock = native().lock({ path, wait: true });
  if (typeof lock !== 'number') {
    const { syscall, errno } = lock;
    const message = `cannot lock ${path}`;
    throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, syscall, errno: errnoName(errno), path });
  }
  try {
    const before = readReservations(places);
    const held = [...before].filter(([, reservation]) => isHeld(reservation));
    const after = change(new Map(held));
    if (textOf(after) !== textOf(before)) writeFileAtomically(fileOf(places), textOf(after), { mode: 0o600 });
    tell(after);
    return after;
  } finally {
    native().closeFd(lock);
  }
}
