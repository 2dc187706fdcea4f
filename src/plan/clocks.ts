/** lxc.time.offset.*: the clocks of the container's time namespace. */
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { StartPlan } from './types.ts';

export function compileClocks({ config }: Compilation): StartPlan['clockOffsets'] {
  const { boot, monotonic } = config.timeOffset;
  return [
    ...(monotonic
      ? [{ clock: 'monotonic' as const, ...monotonic.value, origin: originOf(monotonic.at) }]
      : []),
    ...(boot ? [{ clock: 'boottime' as const, ...boot.value, origin: originOf(boot.at) }] : []),
  ];
}
