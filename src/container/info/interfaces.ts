/** A container's network interfaces as programs are told of them: both sides, counters as the container sees them. */
import { native, type InterfaceState, type LinkCounts } from '../../native/binding.ts';
import type { ContainerStatus } from './inspect.ts';

/** A network interface of a running container. */
export interface InterfaceReport {
  /** Inside, now. */
  readonly name: string;
  /** veth, phys, macvlan …; null for one that the container made itself, and for lo. */
  readonly type: string | null;
  /** null: it has none. */
  readonly mac: string | null;
  readonly mtu: number;
  /** Set up by somebody (IFF_UP). */
  readonly up: boolean;
  /** up, down, unknown, lowerlayerdown, dormant, testing or notpresent. */
  readonly state: string;
  readonly addresses: InterfaceState['addresses'];
  readonly counters: LinkCounts;
  /** null: it has no side on the host, or that is not known. */
  readonly host: {
    /** The other end of a veth; what one that was lent is called there; what a macvlan, ipvlan or vlan lies on. */
    readonly name: string;
    /** The bridge that the host's end is a port of. */
    readonly bridge: string | null;
  } | null;
}

/** An answer of the kernel's about this process's own network. */
const HOST_MS = 1000;

/** The host's interfaces, asked for once. [] where the kernel does not tell. */
function hostInterfaces(): readonly InterfaceState[] {
  const state = native().networkState({ initPidfd: -1, timeoutMs: HOST_MS });
  return 'errno' in state ? [] : state;
}

/** Of a running container that was looked at with `network`; [] of any other. */
export function interfaceReports({ running, interfaces }: ContainerStatus): InterfaceReport[] {
  const made = running?.interfaces ?? [];
  const host = made.some(({ hostName }) => hostName !== '') ? hostInterfaces() : [];
  const bridgeOf = (name: string): string | null => {
    const master = host.find((each) => each.name === name)?.master;
    return host.find(({ index }) => index === master)?.name ?? null;
  };
  return interfaces.map(({ index, name, hwaddr, mtu, up, state, addresses, counters, loopback }) => {
    const known = loopback ? undefined : made.find((each) => each.insideIndex === index);
    const outside = known && (known.hostName || known.link);
    return {
      ...{ name, type: known?.type ?? null, mac: loopback ? null : (hwaddr ?? null), mtu, up, state },
      ...{ addresses, counters },
      host: outside ? { name: outside, bridge: known.hostName ? bridgeOf(outside) : null } : null,
    };
  });
}
