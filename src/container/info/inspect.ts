/** What is to be known of containers from outside: state, pid, addresses, links, counters, and their configuration. */
import { existsSync, lstatSync } from 'node:fs';
import { glanceAt, type Glance } from '../../config/glance.ts';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../../config/model.ts';
import type { Environment } from '../../environment.ts';
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { askMonitors } from '../../monitor/client.ts';
import type { ContainerState, MonitorInfo } from '../../monitor/protocol.ts';
import { native, type InterfaceState, type NativeFailure } from '../../native/binding.ts';
import { containerPaths } from '../paths.ts';
import { pendingRestart, type PendingRestart } from '../restart.ts';

export interface ContainerStatus {
  readonly name: string;
  /** UNRESPONSIVE: it has a monitor that does not answer. */
  readonly state: ContainerState | 'UNRESPONSIVE';
  /** What its monitor says; null where none answers. */
  readonly running: MonitorInfo | null;
  /** Where it is stopped and will be started again (tlxc.restart). */
  readonly restart?: PendingRestart;
  /** Asked for with `network`: those of its network namespace, lo included; [] where it does not run. */
  readonly interfaces: readonly InterfaceState[];
  /** Why `interfaces` is empty where the kernel did not tell of them, though it runs. */
  readonly untold?: TlxcError;
}

/** Addresses that others can reach, of one family or of both: none of lo, none that is link-local; sorted as text, as LXC does. */
export function addressesOf(status: ContainerStatus, family?: 'inet' | 'inet6'): string[] {
  return status.interfaces
    .filter(({ loopback }) => !loopback)
    .flatMap(({ addresses }) => addresses)
    .filter((entry) => (family ?? entry.family) === entry.family && entry.scope !== 'link')
    .map(({ address }) => address)
    .sort();
}

/** An lxcpath and what its containers are read with. */
export interface Store {
  readonly system: SystemConfig;
  readonly lxcpath: string;
  /** The caller's: lxc.environment = NAME copies from it. */
  readonly environment: Environment;
}

export interface InspectOptions {
  /** Look into the container's network namespace. */
  readonly network: boolean;
}

/** A container whose network namespace cannot be looked at in this time is shown without addresses. */
const NETWORK_MS = 200;

type Seen = Pick<ContainerStatus, 'interfaces' | 'untold'>;

function seen(name: string, state: readonly InterfaceState[] | NativeFailure): Seen {
  if (!('errno' in state)) return { interfaces: state };
  const errno = errnoName(state.errno);
  if (errno === 'ESRCH') return { interfaces: [] }; // it has ended meanwhile
  const untold = new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `cannot list the interfaces of ${name} (${state.syscall})`,
    ...{ container: name, syscall: state.syscall, errno },
    hint: 'it is shown without addresses; try again',
  });
  return { interfaces: [], untold };
}

/** Of those that run, by name. The descriptors are used up. */
function beginNetworks(pidfds: ReadonlyMap<string, number>): (name: string) => Seen {
  if (pidfds.size === 0) return () => ({ interfaces: [] });
  const names = [...pidfds.keys()];
  const begun = native().beginNetworkStates({ initPidfds: [...pidfds.values()], timeoutMs: NETWORK_MS });
  let all: ReadonlyMap<string, Seen> | undefined;
  return (name) => {
    if ('errno' in begun) return pidfds.has(name) ? seen(name, begun) : { interfaces: [] };
    all ??= new Map(begun().map((state, at) => [names[at] ?? '', seen(names[at] ?? '', state)]));
    return all.get(name) ?? { interfaces: [] };
  };
}

function mayListen(socket: string): boolean {
  try {
    return lstatSync(socket, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true; // who may not look there is told so when it is asked
  }
}

/** Containers whose monitors have answered, while the kernel still tells of their networks. */
export interface Inspection {
  /** In the order of the names. */
  readonly states: readonly Omit<ContainerStatus, keyof Seen>[];
  /** With what was seen in its network; the first call waits for all of them. */
  readonly whole: <T extends { readonly name: string }>(one: T) => T & Seen;
}

/**
 * Asks all the monitors at once: a wedged one delays the answer by 200 ms, however many there are. Their networks are looked at on
 * a thread of its own: the caller may read configurations meanwhile.
 */
export function beginInspection(
  { system, lxcpath }: Store,
  names: readonly string[],
  { network }: InspectOptions,
): Inspection {
  const paths = names.map((name) => containerPaths(system, lxcpath, name));
  // Most containers of a store may be stopped: only a socket that exists is asked, and native code loaded for it.
  const asked = paths.filter(({ socket }) => mayListen(socket));
  const results = asked.length === 0 ? [] : askMonitors(asked, { op: network ? 'attach' : 'info' });
  const byName = new Map(results.map((result, index) => [asked[index]?.name, result]));
  const pidfds = new Map<string, number>();
  const states = names.map((name) => {
    const result = byName.get(name);
    if (result?.kind === 'unresponsive') return { name, state: 'UNRESPONSIVE', running: null } as const;
    if (result?.kind !== 'answer' || !result.reply.ok) {
      const restart = pendingRestart(containerPaths(system, lxcpath, name));
      return { name, state: 'STOPPED', running: null, ...(restart && { restart }) } as const;
    }
    for (const [what, fd] of Object.entries(result.fds))
      if (what === 'initPidfd' && network) pidfds.set(name, fd);
      else native().closeFd(fd);
    const running = result.reply as MonitorInfo;
    return { name, state: running.state, running };
  });
  const networkOf = beginNetworks(pidfds);
  return { states, whole: (one) => ({ ...one, ...networkOf(one.name) }) };
}

/** The same, when all of it is known. */
export function inspectContainers(
  store: Store,
  names: readonly string[],
  options: InspectOptions,
): ContainerStatus[] {
  const { states, whole } = beginInspection(store, names, options);
  return states.map(whole);
}

/** Counters of an interface that leads to one of the host's, as the container sees them. Of two macvlans on one both lead there. */
export interface LinkCounters {
  /** The host's end of a veth; what a macvlan, ipvlan or vlan lies on; what one that was lent is called on the host. */
  readonly hostName: string;
  readonly txBytes: number;
  readonly rxBytes: number;
}

/** Those of the container's links that TLXC made; counted inside, as the container sees them. */
export function linksOf({ running, interfaces }: ContainerStatus): LinkCounters[] {
  return (running?.interfaces ?? []).flatMap(({ hostName, link, insideIndex }) => {
    const inside = interfaces.find((each) => each.index === insideIndex);
    if (!(hostName || link) || !inside) return [];
    const { txBytes, rxBytes } = inside.counters;
    return [{ hostName: hostName || link, txBytes, rxBytes }];
  });
}

/** Bytes over all interfaces but lo; null where it was not looked at, or does not run. */
export function trafficOf({ interfaces }: ContainerStatus): {
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
} {
  if (interfaces.length === 0) return { rxBytes: null, txBytes: null };
  const counted = interfaces.filter(({ loopback }) => !loopback).map(({ counters }) => counters);
  return {
    rxBytes: counted.reduce((sum, { rxBytes }) => sum + rxBytes, 0),
    txBytes: counted.reduce((sum, { txBytes }) => sum + txBytes, 0),
  };
}

/** The configuration on disk; the error that it gives where it is broken, null where there is none. */
export function configOf(
  { system, lxcpath, environment }: Store,
  name: string,
): ContainerConfig | TlxcError | null {
  const paths = containerPaths(system, lxcpath, name);
  if (!existsSync(paths.config)) return null;
  try {
    return loadContainerConfig({ name, lxcpath, configFile: paths.config, environment });
  } catch (error) {
    if (error instanceof TlxcError) return error;
    throw error;
  }
}

/** What of it tells whose the container is and whether it starts by itself; null where there is none, or something is wrong. */
export function glanceOf({ system, lxcpath, environment }: Store, name: string): Glance | null {
  const { config: configFile } = containerPaths(system, lxcpath, name);
  return existsSync(configFile) ? glanceAt({ configFile, environment }) : null;
}
