/** All that the kernel counts of a running container: what Usage has, with its parts, limits, pressure and traffic. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NANOSECONDS_PER_TICK } from '../../host/clock-tick.ts';
import type { MonitorCgroup, MonitorInfo } from '../../monitor/protocol.ts';
import { keyed, readerOf, usageOf, type ReadCounter, type Usage } from './usage.ts';

/** Per cent of the last ten seconds in which at least one process waited for it (PSI's "some avg10"). */
export interface Pressure {
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly io: number | null;
}

/** null: this host does not keep the counter, or there is no limit. */
export interface Consumption extends Usage {
  readonly cpuUserNanoseconds: number | null;
  readonly cpuSystemNanoseconds: number | null;
  readonly blockReadBytes: number | null;
  readonly blockWriteBytes: number | null;
  readonly blockOperations: number | null;
  readonly memoryLimitBytes: number | null;
  readonly memoryAndSwapBytes: number | null;
  /** Processes and threads, as pids.max counts them. */
  readonly tasks: number | null;
  readonly taskLimit: number | null;
  readonly pressure: Pressure;
  /** Over all interfaces but lo; null where the network is the host's. */
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
}

/** v1 shows no limit as the greatest number of whole pages. */
const NO_LIMIT = 2 ** 63 - 2 ** 16;

function limit(text: string | undefined): number | null {
  const number = Number(text ?? 'max');
  return Number.isFinite(number) && number < NO_LIMIT ? number : null;
}

function cpuParts(read: ReadCounter): Pick<Consumption, 'cpuUserNanoseconds' | 'cpuSystemNanoseconds'> {
  const found = read('cpuacct', 'cpuacct.stat', 'cpu.stat');
  const [unit, user, system] =
    found?.version === 1 ? [NANOSECONDS_PER_TICK, 'user', 'system'] : [1000, 'user_usec', 'system_usec'];
  const part = (name: string): number | null => {
    const value = found && keyed(found.text, name);
    return value === null ? null : value * unit;
  };
  return { cpuUserNanoseconds: part(user), cpuSystemNanoseconds: part(system) };
}

/** The sum over all devices. */
function total(text: string | undefined, pattern: RegExp): number | null {
  if (text === undefined) return null;
  return [...text.matchAll(pattern)].reduce((sum, [, number]) => sum + Number(number), 0);
}

type BlockParts = Pick<Consumption, 'blockReadBytes' | 'blockWriteBytes' | 'blockOperations'>;

function blockParts(read: ReadCounter): BlockParts {
  const v1 = (what: string) =>
    read('blkio', `blkio.throttle.${what}_recursive`, '') ?? read('blkio', `blkio.throttle.${what}`, '');
  const bytes = v1('io_service_bytes')?.text;
  if (bytes !== undefined)
    return {
      blockReadBytes: total(bytes, / Read (\d+)$/gm),
      blockWriteBytes: total(bytes, / Write (\d+)$/gm),
      blockOperations: total(v1('io_serviced')?.text, /^Total (\d+)$/gm),
    };
  const stat = read('io', '', 'io.stat')?.text;
  return {
    blockReadBytes: total(stat, /\brbytes=(\d+)/g),
    blockWriteBytes: total(stat, /\bwbytes=(\d+)/g),
    blockOperations: total(stat, /\b[rw]ios=(\d+)/g),
  };
}

function memoryParts(
  read: ReadCounter,
  { memoryBytes, swapBytes }: Usage,
): Pick<Consumption, 'memoryLimitBytes' | 'memoryAndSwapBytes'> {
  const both = read('memory', 'memory.memsw.usage_in_bytes', '');
  const sum = memoryBytes === null || swapBytes === null ? null : memoryBytes + swapBytes;
  return {
    memoryLimitBytes: limit(read('memory', 'memory.limit_in_bytes', 'memory.max')?.text),
    memoryAndSwapBytes: both?.version === 1 ? Number(both.text) : sum,
  };
}

/** Kept by the v2 group of a hybrid host as well: it takes no controller. */
function pressureOf(cgroups: readonly MonitorCgroup[]): Pressure {
  const group = cgroups.find(({ version }) => version === 2);
  const some = (what: string): number | null => {
    if (!group) return null;
    try {
      const text = readFileSync(join(group.mountPoint, group.limitGroup, `${what}.pressure`), 'utf8');
      const [, share] = /^some avg10=([\d.]+)/m.exec(text) ?? [];
      return share === undefined ? null : Number(share);
    } catch {
      return null; // the kernel keeps none (psi=0), or the group went away with its container
    }
  };
  return { cpu: some('cpu'), memory: some('memory'), io: some('io') };
}

/** As init's network namespace counts, whatever type its interfaces are of. */
function traffic({ initPid, namespaces }: MonitorInfo): Pick<Consumption, 'rxBytes' | 'txBytes'> {
  const none = { rxBytes: null, txBytes: null };
  if (!namespaces.includes('net')) return none;
  try {
    const lines = readFileSync(`/proc/${initPid}/net/dev`, 'utf8').split('\n').slice(2);
    const links = lines.map((line) => line.trim().split(/[:\s]+/)).filter(([name = 'lo']) => name !== 'lo');
    const sum = (at: number) => links.reduce((bytes, link) => bytes + Number(link[at] ?? 0), 0);
    return { rxBytes: sum(1), txBytes: sum(9) };
  } catch {
    return none; // it ended meanwhile
  }
}

/** Reads everything now: some fifteen files. Never throws: a container may end at any moment. */
export function consumptionOf(running: MonitorInfo): Consumption {
  const read = readerOf(running.cgroups);
  const usage = usageOf(running.cgroups);
  const tasks = read('pids', 'pids.current', 'pids.current');
  return {
    ...usage,
    ...cpuParts(read),
    ...blockParts(read),
    ...memoryParts(read, usage),
    tasks: tasks && Number(tasks.text),
    taskLimit: limit(read('pids', 'pids.max', 'pids.max')?.text.trim()),
    pressure: pressureOf(running.cgroups),
    ...traffic(running),
  };
}
