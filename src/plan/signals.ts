/** lxc.signal.* and lxc.monitor.signal.pdeath: how init is asked to halt, to reboot, and how it is killed. */
import type { Compilation } from './input.ts';
import type { StartPlan } from './types.ts';

export function compileSignals({ config, host }: Compilation): StartPlan['signals'] {
  const { halt, reboot, stop } = config.signals;
  const number = (name: string, usual: number) => host.signals[name] ?? usual;
  return {
    halt: halt?.value ?? 0,
    reboot: reboot?.value ?? number('SIGINT', 2),
    stop: stop?.value ?? number('SIGKILL', 9),
    parentDeath: config.monitor.parentDeathSignal?.value ?? number('SIGKILL', 9),
  };
}
