/** Whether what runs in a container is well, as its monitor has found out (tlxc.health.*). */
import type { HealthStatus, MonitorHealth } from '../../monitor/protocol.ts';

/** Whether what runs in a container is well (tlxc.health.command). */
export interface ContainerHealth {
  /** starting: it has not been well yet, and may take its time; unhealthy: it has failed several times in a row. */
  readonly status: HealthStatus;
  /** When it became so: ISO 8601, as Date reads it. */
  readonly since: string;
  /** Failures in a row that count. */
  readonly failures: number;
  /** null: the command has not run yet. */
  readonly last: {
    /** As a shell counts; null where the command could not be run. */
    readonly exitCode: number | null;
    /** It took too long, and was killed. */
    readonly timedOut: boolean;
    /** The end of what it printed: the container's words. */
    readonly output: string;
    /** ISO 8601, as Date reads it. */
    readonly endedAt: string;
  } | null;
}

const time = (ms: number): string => new Date(ms).toISOString();

/** null: nobody asks, or it does not run. */
export function healthOf(health: MonitorHealth | undefined): ContainerHealth | null {
  if (health === undefined) return null;
  const { status, sinceMs, failures, last } = health;
  const { exitCode = 0, timedOut = false, output = '', endedAtMs = 0 } = last ?? {};
  return {
    ...{ status, failures, since: time(sinceMs) },
    last: last && {
      exitCode: exitCode < 0 ? null : exitCode,
      ...{ timedOut, output, endedAt: time(endedAtMs) },
    },
  };
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim() ?? '';

/** "timed out", "exit code 7: connection refused"; "" where nothing has been tried. Not escaped. */
export function outcomeWords({ last }: Pick<ContainerHealth, 'last'>): string {
  if (last === null) return '';
  const { exitCode, timedOut, output } = last;
  const how = timedOut ? 'timed out' : exitCode === null ? 'it cannot be run' : `exit code ${exitCode}`;
  return [how, lastLine(output)].filter(Boolean).join(': ');
}
