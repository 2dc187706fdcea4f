/** How one control group file of a running container is changed: which group is written, and in what order. */
import { handedDown } from './cgroup-settings.ts';
import type { CgroupValue } from './cgroup-translation.ts';

export interface GroupWrite extends CgroupValue {
  /** The group with the processes; else the outer one, with the limits. */
  readonly inner: boolean;
}

/** The writes in their order. read: what a file of the outer group says now. */
export function writesOf(
  setting: CgroupValue,
  world: 1 | 2,
  read: (file: string) => string,
): readonly GroupWrite[] {
  const { file, value } = setting;
  const outer = { ...setting, inner: false };
  const inner = { ...setting, inner: true };
  // A v1 cpuset lies within the one above at every moment: first both old and new are allowed, then only new.
  if (world === 1 && /^cpuset\.(cpus|mems)$/.test(file))
    return [{ ...outer, value: [read(file), value].filter(Boolean).join(',') }, inner, outer];
  // What is taken from a v1 list of devices is taken from those below; what is added is not.
  if (file === 'devices.allow' || !handedDown(file)) return [outer, inner];
  return [file === 'cgroup.procs' || file === 'cgroup.threads' ? inner : outer];
}
