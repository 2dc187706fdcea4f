/** How a container ended last and when it is started again, as people read it. Pure. */
import type { LastExit } from '../container/info/last-exit.ts';
import type { PendingRestart } from '../container/restart.ts';

type Exit = Pick<LastExit, 'code' | 'signal' | 'outOfMemory' | 'oomKills' | 'requested' | 'unhealthy'>;

/** "exit code 3", "killed by SIGSEGV", "out of memory". */
export function exitWords({ code, signal, outOfMemory, oomKills, requested, unhealthy }: Exit): string {
  if (requested) return 'stopped by request';
  if (unhealthy) return 'ended because it was unhealthy';
  if (outOfMemory) return 'out of memory';
  if (signal === 'SIGINT') return 'powered off';
  if (signal !== null) return `killed by ${signal}`;
  if (code === null) return 'it did not start again after a reboot';
  if (oomKills === 0 || code === 0) return `exit code ${code}`;
  const processes = oomKills === 1 ? 'a process was' : `${oomKills} processes were`;
  return `exit code ${code}; ${processes} killed for lack of memory`;
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st. */
export function ordinal(number: number): string {
  const last = number % 10;
  const isTeen = Math.floor((number % 100) / 10) === 1;
  return `${number}${isTeen ? 'th' : (['th', 'st', 'nd', 'rd'][last] ?? 'th')}`;
}

/** "in 8 s (3rd time)", "now (1st time)" */
export function dueWords({ count, inMs }: PendingRestart, reason = ''): string {
  const when = inMs === 0 ? 'now' : `in ${Math.ceil(inMs / 1000)} s`;
  return `${when} (${[`${ordinal(count)} time`, reason].filter(Boolean).join(', ')})`;
}

export interface Ends {
  readonly restart: PendingRestart | null;
  readonly lastExit: LastExit | null;
  /** Why the last attempt to start it again failed; "": it did not. */
  readonly startFailure: string;
}

/** "in 8 s (3rd time, last exit: out of memory)", "given up …"; "" where there is nothing to tell. */
export function restartWords({ restart, lastExit, startFailure }: Ends): string {
  const failure = startFailure && `last start: ${startFailure}`;
  if (restart) return dueWords(restart, failure || (lastExit ? `last exit: ${exitWords(lastExit)}` : ''));
  if (failure) return `given up, ${failure}`;
  if (!lastExit?.givenUp) return '';
  return `given up after ${lastExit.restarts} ${lastExit.restarts === 1 ? 'restart' : 'restarts'}`;
}
