/**
 * A container that has ended is started again after a while (tlxc.restart). Its monitor decides, and becomes the process
 * that waits (native/monitor/restart.h); when the time has come that runs tlxc-start, which finds here whether it
 * is still wanted. The record is made and taken away by whoever holds the container's lock, or its monitor's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerConfig } from '../config/model.ts';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { TlxcError } from '../errors.ts';
import { readRecord } from '../host/own-file.ts';
import { askMonitor } from '../monitor/client.ts';
import { native } from '../native/binding.ts';
import { packageRoot } from '../package-root.ts';
import type { StartPlan } from '../plan/types.ts';
import { removeFile } from '../remove-file.ts';
import { withLock } from './lock.ts';
import type { ContainerPaths } from './paths.ts';
import type { ShareOption } from './start/shared-namespaces.ts';

/** When a container is started again (tlxc.restart), and how often it has been. */
export interface PendingRestart {
  /** Which restart in a row it will be, from 1 on. */
  readonly count: number;
  /** After how many it is given up; 0: never. */
  readonly max: number;
  /** Milliseconds, not below 0. */
  readonly inMs: number;
}

/** RUNDIR/KEY/NAME/restart.json */
interface Noted {
  readonly pid: number;
  readonly startTime: string;
  /** CLOCK_BOOTTIME. */
  readonly dueAtMs: number;
  readonly count: number;
  readonly max: number;
}

const KILL = 9;
const LOOK = 0;

function read({ restart }: ContainerPaths): Noted | null {
  try {
    return JSON.parse(readRecord(restart) ?? 'null') as Noted | null;
  } catch {
    return null; // cut short by the host's crash
  }
}

/** False: it is gone. */
const signal = ({ pid, startTime }: Noted, number: number): boolean =>
  native().signalProcess({ pid, startTime, signal: number }) === null;

const sinceBootMs = () => Number.parseFloat(readFileSync('/proc/uptime', 'utf8')) * 1000;

/** null where nobody waits to start it again. */
export function pendingRestart(paths: ContainerPaths): PendingRestart | null {
  const noted = existsSync(paths.restart) ? read(paths) : null;
  if (noted === null || !signal(noted, LOOK)) return null;
  const { count, max, dueAtMs } = noted;
  return { count, max, inMs: Math.max(0, Math.round(dueAtMs - sinceBootMs())) };
}

/** Nobody starts it again any more; whether somebody would have. The caller holds the container's lock. */
export function dropRestart(paths: ContainerPaths): boolean {
  if (!existsSync(paths.restart)) return false;
  const noted = read(paths);
  const ended = noted !== null && signal(noted, KILL);
  removeFile(paths.restart);
  return ended;
}

/** A person stops a container that waits to be started again. False: it does not, or runs by now. */
export async function cancelRestart(paths: ContainerPaths): Promise<boolean> {
  if (!existsSync(paths.restart)) return false;
  return withLock(paths, () => askMonitor(paths, { op: 'info' }).kind === 'stopped' && dropRestart(paths));
}

/** What is known of earlier ends and attempts is another container's from now on. */
export function forgetEnds(paths: ContainerPaths): void {
  dropRestart(paths);
  for (const file of [paths.lastExit, paths.startFailure]) removeFile(file);
}

/** How many restarts in a row this is where this process was run to start the container again. */
export function restartsUpTo(paths: ContainerPaths): number {
  const noted = read(paths);
  if (noted !== null && noted.pid === process.ppid) return noted.count;
  const message = 'it is not to be started again any more';
  const hint = `tlxc-start -n ${paths.name} starts it`;
  throw new TlxcError({ code: 'TLXC_E_NOT_FOUND', message, container: paths.name, hint });
}

/** Why the last attempt to start it again failed, "" where it did not. */
export function startFailure({ startFailure: path }: ContainerPaths): string {
  return readRecord(path)?.trimEnd() ?? '';
}

export const noteStartFailure = ({ startFailure: path }: ContainerPaths, message: string): void =>
  writeFileAtomically(path, `${message}\n`, { mode: 0o600 });

/** It runs. */
export function restartDone({ restart, startFailure: failure }: ContainerPaths): void {
  // rmSync looks at a file twice before it removes it: of most containers there is none.
  for (const file of [restart, failure]) if (existsSync(file)) removeFile(file);
}

/** What a start was asked for, as far as a restart has to ask for it again. */
interface Asked {
  readonly configFile?: string | undefined;
  readonly defines?: readonly string[] | undefined;
  readonly share?: Readonly<Partial<Record<ShareOption, string>>> | undefined;
  readonly consolePath?: string | undefined;
  readonly consoleLog?: string | undefined;
  readonly pidFile?: string | undefined;
  readonly logFile?: string | undefined;
  readonly logLevel?: string | undefined;
  readonly command?: readonly string[] | undefined;
}

/** The tlxc-start that starts it again as it was started. */
function commandFor({ lxcpath, name }: ContainerPaths, asked: Asked): string[] {
  const { configFile, defines = [], share = {}, command } = asked;
  const given = [
    ...([
      ['-f', configFile],
      ['-c', asked.consolePath],
      ['-L', asked.consoleLog],
    ] as const),
    ...([
      ['-p', asked.pidFile],
      ['-o', asked.logFile],
      ['-l', asked.logLevel],
    ] as const),
    ...defines.map((define) => ['-s', define] as const),
    ...Object.entries(share).map(([which, whose]) => [`--share-${which}`, whose] as const),
  ].flatMap(([option, value]) => (value === undefined ? [] : [option, value]));
  const words = command === undefined ? [] : ['--', ...command];
  const program = join(packageRoot, 'bin/tlxc-start.js');
  return [process.execPath, program, '-P', lxcpath, '-n', name, '--restart', ...given, ...words];
}

/** No later than this after the one before, however often it was restarted. */
const LONGEST_MS = 300_000;
/** So many first delays of running begin a new row. */
const CALM_DELAYS = 10;

/** What the monitor is told; null: it stays as it ends. */
export function restartPolicy(
  { restart }: ContainerConfig,
  paths: ContainerPaths,
  asked: Asked & { readonly count: number },
): StartPlan['monitor']['restart'] {
  const { policy, delay, max } = restart;
  if (policy === 'no') return null;
  const delayMs = delay * 1000;
  return {
    ...{ delayMs, max, always: policy === 'always', argv: commandFor(paths, asked) },
    maxDelayMs: Math.max(LONGEST_MS, delayMs),
    calmMs: delayMs * CALM_DELAYS,
    count: asked.count,
  };
}
