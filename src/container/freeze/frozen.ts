/** Whether a container is frozen, read from its cgroups: no process inside has to run for the answer. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonitorCgroup, MonitorInfo } from '../../monitor/protocol.ts';
import { LEAF } from '../../plan/attach.ts';

function contains(path: string, text: RegExp): boolean {
  try {
    return text.test(readFileSync(path, 'utf8'));
  } catch {
    return false; // the group has gone, or the hierarchy has no freezer: not frozen by it
  }
}

function isFrozenIn({ version, mountPoint, controllers, limitGroup, innerGroup }: MonitorCgroup): boolean {
  // The container may freeze the leaf for itself: an attach would stop in it all the same.
  const leaf = version === 2 ? [join(innerGroup, LEAF)] : [];
  const groups = [...new Set([limitGroup, innerGroup, ...leaf])].map((group) => join(mountPoint, group));
  if (version === 2) return groups.some((group) => contains(join(group, 'cgroup.events'), /^frozen 1$/m));
  if (!controllers.includes('freezer')) return false;
  return groups.some((group) => contains(join(group, 'freezer.state'), /^(FROZEN|FREEZING)$/m));
}

export const isFrozen = (info: Pick<MonitorInfo, 'state' | 'cgroups'>): boolean =>
  info.state === 'FROZEN' || info.state === 'FREEZING' || info.cgroups.some(isFrozenIn);
