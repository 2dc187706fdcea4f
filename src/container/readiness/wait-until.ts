/** Waits for a container that somebody else starts, until it is as far as it is needed. */
import type { SystemConfig } from '../../config/model.ts';
import { TlxcError } from '../../errors.ts';
import type { ContainerState } from '../../monitor/protocol.ts';
import { waitForState } from '../wait.ts';
import { waitForConditions, type ConditionWait } from './wait-for.ts';

/** A frozen one was started, too; that it is frozen is told when the time is over. */
const STARTED: ReadonlySet<ContainerState> = new Set(['RUNNING', 'FREEZING', 'FROZEN', 'THAWED']);

export interface UntilWait extends ConditionWait {
  readonly system: SystemConfig;
}

/** As waitForConditions; it may be started, or even made, meanwhile. One that ends again before is an error at once. */
export async function waitUntil({ system, ...wait }: UntilWait): Promise<void> {
  const { paths, timeoutMs } = wait;
  const end = performance.now() + timeoutMs;
  if (!(await waitForState({ system, paths, states: STARTED, timeoutMs })))
    throw new TlxcError({
      code: 'TLXC_E_TIMEOUT',
      message: `waited ${timeoutMs / 1000} s in vain for its start`,
      container: paths.name,
      hint: `tlxc-start -n ${paths.name} starts it`,
    });
  const leftMs = timeoutMs < 0 ? -1 : Math.max(0, Math.ceil(end - performance.now()));
  await waitForConditions({ ...wait, timeoutMs: leftMs, askedMs: timeoutMs });
}
