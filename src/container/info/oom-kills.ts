/** How many processes of a container that runs the kernel has killed for lack of memory: nobody inside is told of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonitorCgroup } from '../../monitor/protocol.ts';
import { visitGroups } from './groups-below.ts';
import { keyed, usageOf, type Usage } from './usage.ts';

/** What a running container uses, and what it was refused. */
export interface RunningUsage extends Usage {
  /** Processes killed for lack of memory since its start. */
  readonly oomKills: number | null;
}

/** null: this host does not count them. Never throws. */
function oomKillsOf(cgroups: readonly MonitorCgroup[]): number | null {
  const memory = cgroups.find(({ controllers }) => controllers.includes('memory'));
  if (!memory) return null;
  const group = join(memory.mountPoint, memory.limitGroup);
  let sum: number | null = null;
  const count = (file: string): void => {
    const kills = keyed(readFileSync(file, 'utf8'), 'oom_kill');
    if (kills !== null) sum = (sum ?? 0) + kills;
  };
  // Version 1 counts in the killed process's own group only.
  if (memory.version === 1) visitGroups(group, (each) => count(join(each, 'memory.oom_control')));
  else
    try {
      count(join(group, 'memory.events'));
    } catch {
      return null; // it went away with its container
    }
  return sum;
}

export const runningUsage = (cgroups: readonly MonitorCgroup[]): RunningUsage => ({
  ...usageOf(cgroups),
  oomKills: oomKillsOf(cgroups),
});
