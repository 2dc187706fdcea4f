/** tlxc-top for programs: LXC's CSV, and JSON lines. Pure. */
import type { Measurement } from '../container/info/meter.ts';
import { NANOSECONDS_PER_TICK } from '../host/clock-tick.ts';
import { jsonLine } from './printable.ts';

export const CSV_HEADER =
  'time_ms,container,cpu_nanos,cpu_sys_userhz,cpu_user_userhz,blkio_bytes,blkio_iops,mem_used_bytes,memsw_used_bytes,kernel_mem_used_bytes';

/** What this host does not count is 0, as LXC writes it. time: milliseconds since 1970. */
export function csvLine(time: number, row: Measurement): string {
  const ticks = (nanoseconds: number | null | undefined): number =>
    Math.floor((nanoseconds ?? 0) / NANOSECONDS_PER_TICK);
  return [
    ...[time, row.name, row.cpuNanoseconds ?? 0],
    ...[ticks(row.cpuSystemNanoseconds), ticks(row.cpuUserNanoseconds)],
    ...[row.blockBytes ?? 0, row.blockOperations ?? 0],
    ...[row.memoryBytes ?? 0, row.memoryAndSwapBytes ?? 0, row.kernelMemoryBytes ?? 0],
  ].join(',');
}

/** What --json writes of a container at a moment, in a line of its own. */
export function measurementJson(time: number, { running, ...row }: Measurement): string {
  const { name, lxcpath, state, ...numbers } = row;
  const pid = running?.initPid ?? null;
  const health = running?.health?.status ?? null;
  return jsonLine({ time: new Date(time).toISOString(), lxcpath, name, state, pid, health, ...numbers });
}
