/** Which containers a boot or a shutdown of the host is about, in which order, and what is done to each. */
import { setTimeout as sleep } from 'node:timers/promises';
import { loadContainerConfig } from '../config/load.ts';
import type { ContainerConfig, SystemConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import { askMonitor } from '../monitor/client.ts';
import { containerPaths } from './paths.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';
import { listContainers } from './store.ts';

export type AutostartAction = 'start' | 'reboot' | 'shutdown' | 'kill';

export interface AutostartSelection {
  readonly action: AutostartAction;
  /** -g: one pass over the containers each, in this order; "" are those without lxc.group. */
  readonly groups: readonly string[];
  /** -a: one pass, whatever lxc.group says. */
  readonly all: boolean;
  /** -A: also those without lxc.start.auto. */
  readonly ignoreAuto: boolean;
}

/** What of a container decides. */
export type Candidate = Pick<ContainerConfig, 'name' | 'start' | 'groups'>;

const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Those concerned, in the order in which they are started or (the last first) stopped; each once. */
export function autostartOrder<T extends Candidate>(
  containers: readonly T[],
  selection: AutostartSelection,
): T[] {
  const { action, groups, all, ignoreAuto } = selection;
  const sorted = containers
    .filter(({ start }) => ignoreAuto || start.auto)
    .sort((a, b) => a.start.order - b.start.order || byBytes(a.name, b.name));
  if (action === 'shutdown' || action === 'kill') sorted.reverse();
  if (all) return sorted;
  const isIn = (group: string) => (one: T) =>
    group === '' ? one.groups.length === 0 : one.groups.includes(group);
  return [...new Set(groups.flatMap((group) => sorted.filter(isIn(group))))];
}

export interface AutostartRequest extends AutostartSelection {
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** Of a shutdown, after which it is killed, or of a reboot; 0: send the signal and go on, -1: wait for ever. */
  readonly timeoutMs: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface AutostartPlan {
  /** How many containers the store has, concerned or not. */
  readonly defined: number;
  /** In order; only those that are not yet as the action wants them. */
  readonly containers: readonly Candidate[];
  /** Why containers are not among them that cannot be looked at. */
  readonly failures: readonly { readonly name: string; readonly error: TlxcError }[];
}

/** Looks at the containers of the store and changes nothing. */
export function planAutostart(request: AutostartRequest): AutostartPlan {
  const { lxcpath, system, environment, action } = request;
  const failures: { name: string; error: TlxcError }[] = [];
  const names = listContainers(system, lxcpath);
  const configs = names.flatMap((name) => {
    const configFile = containerPaths(system, lxcpath, name).config;
    try {
      return [loadContainerConfig({ name, lxcpath, configFile, environment })];
    } catch (error) {
      if (!(error instanceof TlxcError)) throw error;
      failures.push({ name, error });
      return [];
    }
  });
  const isRunning = ({ name }: Candidate) =>
    askMonitor(containerPaths(system, lxcpath, name), { op: 'info' }).kind !== 'stopped';
  const containers = autostartOrder(configs, request).filter(
    (one) => isRunning(one) === (action !== 'start'),
  );
  return { defined: names.length, containers, failures };
}

/**
 * Starts, reboots or stops one container of the plan, then waits as its lxc.start.delay says where it was started.
 * Throws the TlxcError of what failed.
 */
export async function autostart(
  { name, start }: Candidate,
  request: AutostartRequest,
  warn: (text: string) => void,
): Promise<void> {
  const { lxcpath, system, environment, action, timeoutMs } = request;
  const which = { name, lxcpath, system, environment };
  if (action === 'start') await startContainer(which, { warn });
  else if (action === 'kill') await stopContainer({ ...which, how: 'kill', timeoutMs: 0, escalate: true });
  else {
    const how = action === 'reboot' ? 'reboot' : 'halt';
    await stopContainer({ ...which, how, timeoutMs, escalate: true });
  }
  if (action === 'start' || action === 'reboot') await sleep(start.delay * 1000);
}
