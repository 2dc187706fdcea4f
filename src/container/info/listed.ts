/** A container as lists show it. */
import type { HealthStatus } from '../../monitor/protocol.ts';
import type { PendingRestart } from '../restart.ts';

/** One container of a list. null: not known, not asked for, or the container does not run. */
export interface ListedContainer {
  readonly name: string;
  /** The containers that it is in, the outermost first. */
  readonly parents: readonly string[];
  readonly state: string;
  readonly pid: number | null;
  /** bytes */
  readonly ram: number | null;
  /** bytes */
  readonly swap: number | null;
  readonly autostart: boolean | null;
  readonly groups: readonly string[];
  readonly interfaces: readonly string[];
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly unprivileged: boolean | null;
  /** Bytes received and sent over all interfaces but lo, as the container counts them. */
  readonly rxBytes: number | null;
  readonly txBytes: number | null;
  /** Of one with tlxc.health.command. */
  readonly health: HealthStatus | null;
  /** When it is started again; null where it is not. */
  readonly restart: PendingRestart | null;
  /** What its root filesystem takes, and the most that it may, where its backing store counts that. */
  readonly diskBytes: number | null;
  readonly diskLimitBytes: number | null;
}
