/** One key's effect, seen: in a real container, in /proc, in /sys/fs/cgroup, or in the plan where the host lacks what it needs. */
import type { ExecutionContext } from 'ava';
import { addBusybox, type ContainerOptions } from '../rig/containers.ts';
import { requires, type Feature } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

export interface Effect {
  /** As the registry spells it: lxc.sysctl.*, lxc.net.[i].mtu. */
  readonly key: string;
  readonly needs: readonly Feature[];
  /** What tells it from another effect of the key. */
  readonly where?: string;
  /** What a user would notice: fails when the key does nothing. */
  readonly seen: (t: ExecutionContext, world: World) => Promise<void>;
}

/** A container that runs. */
export interface Booted {
  /** Runs a line of shell in it and gives what it printed, trimmed; throws unless it exits 0. */
  readonly inside: (line: string) => Promise<string>;
  /** The pid of its init, as the host counts. */
  readonly pid: number;
}

export interface BootOptions extends Omit<ContainerOptions, 'config'> {
  /** A line of shell that starts it; tlxc-start -n c1. */
  readonly start?: string;
}

/** Starts a busybox container c1 with these lines of configuration; the end of the world stops it. */
export async function boot(
  world: World,
  config: readonly string[],
  { start = 'tlxc-start -n c1', ...options }: BootOptions = {},
): Promise<Booted> {
  addBusybox(world, 'c1', { ...options, config });
  await world.sh(start);
  const pid = Number(await world.sh('tlxc-info -n c1 -pH'));
  const inside = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await world.run('tlxc-attach', '-n', 'c1', '--', 'sh', '-c', line);
    if (code !== 0) throw new Error(`${line}: exit ${code}\n${stdout}${stderr}`);
    return stdout.trim();
  };
  return { inside, pid };
}

/** A test for each, one after the other. */
export function see(effects: readonly Effect[]): void {
  for (const { key, needs, where, seen } of effects) {
    const title = where === undefined ? `${key} acts` : `${key} acts ${where}`;
    requires(...needs).serial(title, async (t) => seen(t, await makeWorld(t)));
  }
}
