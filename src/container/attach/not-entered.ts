/** A step of an attach that failed: of itself, or because the container ended under it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { TlxcError } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { betweenBoots, notRunning } from '../not-running.ts';
import type { ContainerPaths } from '../paths.ts';

/** Never leaves container/: who catches it throws what whyNotEntered gives. */
export class NotEntered extends Error {
  constructor(
    readonly paths: ContainerPaths,
    /** That of the boot it was to enter. */
    readonly initPid: number,
    /** TLXC_E_PERMISSION or TLXC_E_SYSCALL. */
    readonly failure: TlxcError,
  ) {
    super(failure.message);
  }
}

/** What a shutdown takes away before init ends: /dev is unmounted, processes are gone, groups are removed. */
const TAKEN_DOWN = new Set(['cgroup', 'core scheduling', 'namespaces', 'stdio', 'terminal']);

/** Between the last that a shutdown takes down and the end of init. */
const ENDING_MS = 1_000;
const LOOK_MS = 50;

/** That the boot which was to be entered is over, or ends; undefined: it goes on. */
function ending({ paths, initPid }: NotEntered): TlxcError | undefined {
  const result = askMonitor(paths, { op: 'info' });
  if (result.kind === 'stopped') return notRunning(paths);
  if (result.kind !== 'answer' || !result.reply.ok) return undefined;
  const now = result.reply as MonitorInfo;
  const isSame = now.initPid === initPid && !['STOPPING', 'ABORTING', 'STARTING'].includes(now.state);
  return isSame ? undefined : betweenBoots(paths);
}

/** The error as people are to read it; another one than NotEntered as it is. */
export async function whyNotEntered(error: unknown): Promise<unknown> {
  if (!(error instanceof NotEntered)) return error;
  const end = performance.now() + (TAKEN_DOWN.has(error.failure.details.step ?? '') ? ENDING_MS : 0);
  for (;;) {
    const over = ending(error);
    if (over || performance.now() >= end) return over ?? error.failure;
    await sleep(LOOK_MS);
  }
}
