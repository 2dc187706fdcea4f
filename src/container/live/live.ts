/** What a running container shows of one value of its configuration. */
import type { Effective } from '../../config/explain.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import type { InterfaceState } from '../../native/binding.ts';

export interface RunningContainer {
  /** Of its init, as the host counts. */
  readonly pid: number;
  readonly running: MonitorInfo;
  /** Of its network namespace. */
  readonly interfaces: readonly InterfaceState[];
}

/** The live value; undefined where the host does not show it, or the container has just ended. */
export type Live = (
  container: RunningContainer,
  effective: Effective,
) => string | undefined | Promise<string | undefined>;
