/** What keeps a container from being frozen: a process that sleeps in the kernel where nothing can reach it. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askMonitor } from '../../monitor/client.ts';
import { readableText } from '../../readable-text.ts';
import type { ContainerPaths } from '../paths.ts';

/** Groups that are looked into: enough to find one in a moment, whatever the container has made. */
const MOST_GROUPS = 1_000;
/** Between two looks. */
const APART_MS = 200;

/** What `read` gives, or `otherwise` where the process or group has gone. */
function unlessGone<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** The processes of a group and of those below it. */
function* processesBelow(group: string): Generator<string> {
  const left = [group];
  for (let count = 0; count < MOST_GROUPS; count++) {
    const here = left.pop();
    if (here === undefined) return;
    yield* readableText(join(here, 'cgroup.procs')).split('\n').filter(Boolean);
    const entries = unlessGone([], () => readdirSync(here, { withFileTypes: true }));
    left.push(...entries.filter((entry) => entry.isDirectory()).map((entry) => join(here, entry.name)));
  }
}

/** The kernel function that one of its threads sleeps in uninterruptibly ("0" where the kernel does not tell). */
function sleepsIn(pid: string): string | undefined {
  const threads = unlessGone([], () => readdirSync(`/proc/${pid}/task`));
  const stuck = threads.find((tid) => /\) D [^)]*$/.test(readableText(`/proc/${pid}/task/${tid}/stat`)));
  return stuck === undefined ? undefined : readableText(`/proc/${pid}/task/${stuck}/wchan`);
}

/** Where the container's processes sleep so, by pid. */
function sleepers(paths: ContainerPaths): ReadonlyMap<string, string> {
  const result = askMonitor(paths, { op: 'info' });
  const places = new Map<string, string>();
  if (result.kind !== 'answer' || !result.reply.ok) return places;
  for (const { version, controllers, mountPoint, limitGroup } of result.reply.cgroups ?? []) {
    if (version !== 2 && !controllers.includes('freezer')) continue;
    for (const pid of processesBelow(join(mountPoint, limitGroup))) {
      const place = sleepsIn(pid);
      if (place !== undefined) places.set(pid, place);
    }
  }
  return places;
}

/** "process 123 (cp, in folio_wait_bit)"; "" where there is none. Of a running container: a frozen process looks the same. */
export async function stuckProcess(paths: ContainerPaths): Promise<string> {
  const first = sleepers(paths);
  // Whoever reads or writes a disk that answers sleeps so for a moment, too.
  if (first.size > 1) await sleep(APART_MS);
  const [pid, place] = [...first].find(([pid, place]) => sleepsIn(pid) === place) ?? ['', ''];
  if (pid === '') return '';
  const name = readableText(`/proc/${pid}/comm`).trim();
  return `process ${pid} (${name}${place === '0' || place === '' ? '' : `, in ${place}`})`;
}
