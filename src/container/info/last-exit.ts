/** How a container ended last, as its monitor noted it. */
import { constants } from 'node:os';
import { readRecord } from '../../host/own-file.ts';
import type { ContainerPaths } from '../paths.ts';

/** How a container ended last. */
export interface LastExit {
  /** Of its init; null where a signal ended it, or it did not start again after a reboot. */
  readonly code: number | null;
  /** SIGSEGV; SIGINT is what the kernel tells of a power-off. */
  readonly signal: string | null;
  /** Init itself was killed for lack of memory. */
  readonly outOfMemory: boolean;
  /** How many of its processes were killed for lack of memory, looked up where it failed. */
  readonly oomKills: number;
  /** Somebody had it stopped: tlxc-stop, tlxc-destroy, the end of the host. */
  readonly requested: boolean;
  /** Its monitor ended it because it was unhealthy (tlxc.health.restart). */
  readonly unhealthy: boolean;
  /** Neither that nor in order: what tlxc.restart = on-failure takes for a failure. */
  readonly failed: boolean;
  /** ISO 8601, as Date reads it. */
  readonly endedAt: string;
  /** How often in a row it had been restarted by then (tlxc.restart). */
  readonly restarts: number;
  /** It had been restarted as often as tlxc.restart.max allows. */
  readonly givenUp: boolean;
}

/** RUNDIR/KEY/NAME/last-exit.json (native/monitor/last_exit.h). */
interface Noted {
  /** As waitpid gives it; -1: a reboot that did not start again. */
  readonly status: number;
  readonly oomKills: number;
  readonly asked: boolean;
  /** Absent: a monitor of before. */
  readonly unhealthy?: boolean;
  readonly endedAtMs: number;
  readonly restarts: number;
  readonly givenUp: boolean;
}

function signalName(number: number): string | null {
  if (number === 0) return null;
  const known = Object.entries(constants.signals).find(([, value]) => value === number);
  return known?.[0] ?? `SIG${number}`;
}

function read(path: string): Noted | null {
  try {
    return JSON.parse(readRecord(path) ?? 'null') as Noted | null;
  } catch {
    return null; // cut short by the host's crash
  }
}

/** null where it has not ended since the host's boot. */
export function lastExit({ lastExit: path }: ContainerPaths): LastExit | null {
  const noted = read(path);
  if (noted === null) return null;
  const { status, oomKills, asked, endedAtMs, restarts, givenUp, unhealthy = false } = noted;
  const signal = status < 0 ? null : signalName(status & 0x7f);
  const code = status < 0 || signal !== null ? null : (status >> 8) & 0xff;
  return {
    ...{ code, signal, oomKills, restarts, givenUp, unhealthy },
    outOfMemory: signal === 'SIGKILL' && oomKills > 0,
    requested: asked,
    failed: unhealthy || (!asked && code !== 0 && signal !== 'SIGINT'),
    endedAt: new Date(endedAtMs).toISOString(),
  };
}
