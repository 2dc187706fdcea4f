/** The processes of a running container, as the host sees them and as the container does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NANOSECONDS_PER_TICK } from '../../host/clock-tick.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { CommandLines } from './command-lines.ts';
import { visitGroups } from './groups-below.ts';

/** A process of a running container at one moment. */
export interface ContainerProcess {
  readonly pid: number;
  /** Its number inside; null where the container has no PID namespace of its own. */
  readonly insidePid: number | null;
  /** The user inside; null: one that the container does not have. */
  readonly insideUid: number | null;
  /** R, S, D, Z, T … as ps shows it. */
  readonly state: string;
  readonly cpuNanoseconds: number;
  readonly memoryBytes: number;
  /** Ticks since the host's boot: with pid, which process it is. */
  readonly startTime: string;
  /** Its command line; its name in brackets where it has none. Whatever the container likes: not safe to print. */
  readonly command: string;
}

export interface Processes {
  /** By pid. */
  readonly processes: readonly ContainerProcess[];
  /** false: the container has more groups than were looked into. */
  readonly complete: boolean;
}

/** The pids in a group and below it. */
function pidsBelow(top: string): { readonly pids: readonly number[]; readonly complete: boolean } {
  const pids: number[] = [];
  const complete = visitGroups(top, (group) => {
    pids.push(...readFileSync(join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number));
  });
  return { pids: pids.filter((pid) => pid > 0), complete };
}

function insideUidOf(uid: number, { idmap }: MonitorInfo): number | null {
  const users = idmap.filter(({ kind }) => kind === 'uid');
  if (users.length === 0) return uid;
  const range = users.find(({ outside, count }) => uid >= outside && uid < outside + count);
  return range ? uid - range.outside + range.inside : null;
}

/** Without the command line. null: it has ended. */
function describe(pid: number, running: MonitorInfo): ContainerProcess | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    // The name in parentheses may have parentheses and blanks of its own.
    const end = stat.lastIndexOf(')');
    const fields = stat.slice(end + 2).split(' ');
    const of = (name: string): string[] =>
      new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1]?.split(/\s+/) ?? [];
    const [, inside] = of('NSpid');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      pid,
      insidePid: inside === undefined ? null : Number(inside),
      insideUid: insideUidOf(Number(of('Uid')[0]), running),
      state: fields[0] ?? '',
      cpuNanoseconds: ticks * NANOSECONDS_PER_TICK,
      memoryBytes: Number(of('VmRSS')[0] ?? 0) * 1024,
      startTime: fields[19] ?? '',
      command: `[${stat.slice(stat.indexOf('(') + 1, end)}]`,
    };
  } catch {
    return null;
  }
}

/**
 * Those in its control groups now, by pid. Never rejects: they may end at any moment. Who looks again gives the same
 * commandLines, which remembers whose command line does not answer.
 */
export async function processesOf(
  running: MonitorInfo,
  commandLines: CommandLines = new CommandLines(),
): Promise<Processes> {
  const group = running.cgroups.find(({ version }) => version === 2) ?? running.cgroups[0];
  if (!group) return { processes: [], complete: true };
  const { pids, complete } = pidsBelow(join(group.mountPoint, group.limitGroup));
  const found = [...pids].sort((a, b) => a - b).flatMap((pid) => describe(pid, running) ?? []);
  const commands = await commandLines.of(found);
  return {
    processes: found.map((each) => ({ ...each, command: commands.get(each.pid) ?? each.command })),
    complete,
  };
}
