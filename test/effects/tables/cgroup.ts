/** Keys of src/config/registry/cgroup.ts. */
import type { Effect } from '../effect.ts';

export const cgroup: readonly Effect[] = [];
