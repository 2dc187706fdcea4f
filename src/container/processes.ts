/** The processes of a running container, as the host sees them and as the container does. */
import { readdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MonitorInfo } from '../monitor/protocol.ts';

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

/** Of a command line; nobody reads more, and a process may have megabytes of it. */
const COMMAND_BYTES = 2048;

/**
 * A command line lies in the process's own memory, which may be that of a file system that does not answer: whoever
 * has not come in this time is shown by its name.
 */
const COMMAND_MS = 300;

const NANOSECONDS_PER_TICK = 1e7;

/** The pids below a group and the groups in it, which the container may have made and removed meanwhile. */
function pidsBelow(group: string): number[] {
  const pids: number[] = [];
  const groups = [group];
  for (let each = groups.pop(); each !== undefined; each = groups.pop()) {
    const path = each;
    try {
      pids.push(...readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number));
      const inner = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory());
      groups.push(...inner.map(({ name }) => join(path, name)));
    } catch {
      continue;
    }
  }
  return pids.filter((pid) => pid > 0);
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

async function commandLineOf(pid: number): Promise<string> {
  try {
    const file = await open(`/proc/${pid}/cmdline`);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(COMMAND_BYTES), 0, COMMAND_BYTES, 0);
      return buffer.toString('utf8', 0, bytesRead).replace(/\0+$/, '').replaceAll('\0', ' ');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}

/** Those in its control groups now, by pid. Never rejects: they may end at any moment. */
export async function processesOf(running: MonitorInfo): Promise<ContainerProcess[]> {
  const group = running.cgroups.find(({ version }) => version === 2) ?? running.cgroups[0];
  if (!group) return [];
  const pids = pidsBelow(join(group.mountPoint, group.limitGroup)).sort((a, b) => a - b);
  const processes = pids.flatMap((pid) => describe(pid, running) ?? []);
  const commands = new Map<number, string>();
  const all = processes.map(async ({ pid }) => commands.set(pid, await commandLineOf(pid)));
  await Promise.race([Promise.all(all), sleep(COMMAND_MS, undefined, { ref: false })]);
  return processes.map((each) => ({ ...each, command: commands.get(each.pid) || each.command }));
}
