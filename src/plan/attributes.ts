/** What init is given from outside, just before it runs: lxc.prlimit.*, lxc.proc.* */
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { StartPlan } from './types.ts';

export function compileAttributes({ config }: Compilation): Pick<StartPlan, 'limits' | 'procFiles'> {
  return {
    limits: config.limits.map(({ value, at }) => ({ ...value, origin: originOf(at) })),
    procFiles: config.procFiles.map(({ value, at }) => ({ ...value, origin: originOf(at) })),
  };
}
