/** What a running container uses: counters of its limit groups, on v1, hybrid and v2 hosts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonitorCgroup } from '../../monitor/protocol.ts';

/** null: this host does not keep the counter. */
export interface Usage {
  readonly cpuNanoseconds: number | null;
  /** Bytes read and written by block devices. */
  readonly blockBytes: number | null;
  readonly memoryBytes: number | null;
  readonly kernelMemoryBytes: number | null;
  readonly swapBytes: number | null;
}

/** The text of a file of the limit group whose hierarchy has the controller, null where there is none. */
export type ReadCounter = (
  controller: string,
  v1File: string,
  v2File: string,
) => { text: string; version: number } | null;

export const readerOf = (cgroups: readonly MonitorCgroup[]): ReadCounter =>
  function readCounter(controller, v1File, v2File) {
    const has = ({ controllers }: MonitorCgroup) => controllers.includes(controller);
    // cpu.stat's usage_usec is there without the controller: on a v2 host every group has it.
    const group =
      cgroups.find(has) ??
      (controller === 'cpuacct' ? cgroups.find(({ version }) => version === 2) : undefined);
    if (!group) return null;
    const file = group.version === 1 ? v1File : v2File;
    try {
      const text = readFileSync(join(group.mountPoint, group.limitGroup, file), 'utf8');
      return { text, version: group.version };
    } catch {
      return null; // the group went away with its container, or the kernel lacks the file
    }
  };

/** "name 123" of a flat keyed file; the sum of several names, null where none is there. */
export function keyed(text: string, ...names: readonly string[]): number | null {
  const values = names.flatMap((name) => {
    const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
    return match ? [Number(match[1])] : [];
  });
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0);
}

function cpu(read: ReadCounter): number | null {
  const found = read('cpuacct', 'cpuacct.usage', 'cpu.stat');
  if (!found) return null;
  if (found.version === 1) return Number(found.text);
  const microseconds = keyed(found.text, 'usage_usec');
  return microseconds === null ? null : microseconds * 1000;
}

function block(read: ReadCounter): number | null {
  const recursive = 'blkio.throttle.io_service_bytes_recursive';
  const found =
    read('blkio', recursive, '') ??
    read('blkio', 'blkio.throttle.io_service_bytes', '') ??
    read('io', '', 'io.stat');
  if (!found) return null;
  if (found.version === 1) return keyed(found.text, 'Total') ?? 0;
  const counters = [...found.text.matchAll(/\b[rw]bytes=(\d+)/g)];
  return counters.reduce((sum, [, bytes]) => sum + Number(bytes), 0);
}

function memory(read: ReadCounter): number | null {
  const found = read('memory', 'memory.usage_in_bytes', 'memory.current');
  return found && Number(found.text);
}

function kernelMemory(read: ReadCounter): number | null {
  const found = read('memory', 'memory.kmem.usage_in_bytes', 'memory.stat');
  if (!found) return null;
  if (found.version === 1) return Number(found.text);
  return keyed(found.text, 'kernel') ?? keyed(found.text, 'kernel_stack', 'pagetables', 'sock', 'slab');
}

function swap(read: ReadCounter): number | null {
  const found = read('memory', 'memory.stat', 'memory.swap.current');
  if (!found) return null;
  return found.version === 1 ? (keyed(found.text, 'swap') ?? 0) : Number(found.text);
}

/** Reads the counters now. Never throws: a container may end at any moment. */
export function usageOf(cgroups: readonly MonitorCgroup[]): Usage {
  const read = readerOf(cgroups);
  return {
    cpuNanoseconds: cpu(read),
    blockBytes: block(read),
    memoryBytes: memory(read),
    kernelMemoryBytes: kernelMemory(read),
    swapBytes: swap(read),
  };
}
