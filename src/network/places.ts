/** Where the bridge service keeps its files. */
import { join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';

export interface NetworkPlaces {
  /** RUNDIR/network: dnsmasq's record and pid, the lock, what was written into the host's files. */
  readonly run: string;
  /** STATEDIR/network: leases and reservations, which outlive a reboot. */
  readonly state: string;
}

export const networkPlaces = (system: SystemConfig): NetworkPlaces => ({
  run: join(system.runDir, 'network'),
  state: join(system.stateDir, 'network'),
});

export interface NamePlaces {
  /** A file a container: MAC and addresses that DHCP gives it, while it exists. */
  readonly dhcp: string;
  /** A file a container: its addresses and names, while it runs. */
  readonly dns: string;
}

/** RUNDIR.names: dnsmasq, which reads there as a user without rights, cannot enter RUNDIR. */
export const namePlaces = (system: SystemConfig): NamePlaces => ({
  dhcp: `${system.runDir}.names/dhcp`,
  dns: `${system.runDir}.names/dns`,
});
