/** A container as the bridge sees it. */
import type { Sourced } from '../config/model.ts';

/** One interface on the bridge, as the configuration has it (plan/bridge-members.ts). */
export interface Member {
  /** N of lxc.net.N. */
  readonly index: number;
  readonly mac: string;
  /** The addresses that the configuration gives the interface itself. */
  readonly ipv4: readonly Sourced<string>[];
  readonly ipv6: readonly Sourced<string>[];
  /** tlxc.net.N.ipv4.lease, ipv6.lease: what DHCP is to give. */
  readonly ipv4Lease: Sourced<string> | null;
  readonly ipv6Lease: Sourced<string> | null;
}

export interface Newcomer {
  /** NAME@STORE: one container of the host's. */
  readonly key: string;
  readonly name: string;
  readonly lxcpath: string;
  readonly configFile: string;
  readonly members: readonly Member[];
}
