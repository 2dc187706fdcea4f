/** An attach's places in the v2 tree: a leaf for the command; for the half that waits outside, the caller's own group. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonitorInfo } from '../monitor/protocol.ts';

export function makeLeaf(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/**
 * Takes a process out of the container's v2 group into the caller's. The half of an attach that waits is no process of
 * the container's PID namespace: while it is in the group, the kernel shows it inside as pid 0, which systemd's
 * listings fail on. v1 leaves such processes out by itself.
 */
export function returnToCaller(pid: number, cgroups: MonitorInfo['cgroups']): void {
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1];
  const mountPoint = cgroups.find(({ version }) => version === 2)?.mountPoint;
  if (own === undefined || mountPoint === undefined) return;
  try {
    writeFileSync(join(mountPoint, own, 'cgroup.procs'), String(pid));
  } catch {
    // It has ended, or the caller's group takes no process: then it stays where it is until its command ends.
  }
}
