/** A container whose monitor is there and does not answer, as every command tells it. */
import { TlxcError } from '../errors.ts';
import type { MonitorStanding } from '../monitor/client.ts';

/** Why, and what is to be done before the container is killed for it. */
function reason(kill: string, monitor: MonitorStanding | undefined): readonly [why: string, hint: string] {
  const who = `process ${String(monitor?.pid)}`;
  switch (monitor?.state) {
    case 'T':
      return [`: ${who} is stopped by a signal`, `kill -CONT ${monitor.pid} lets it go on; ${kill}`];
    case 't':
      return [`: ${who} is stopped by a debugger`, `end the debugger; ${kill}`];
    case 'D':
      return [`: ${who} waits in the kernel`, `try again: a disk or a file server may be slow; ${kill}`];
    default:
      return ['', `try again: the machine may be busy (uptime); ${kill}`];
  }
}

/** TLXC_E_UNRESPONSIVE. monitor: as askMonitor saw it, where it did. */
export function unresponsive(
  container: string,
  { monitor }: { readonly monitor?: MonitorStanding | undefined } = {},
): TlxcError {
  const [why, hint] = reason(`tlxc-stop -k -n ${container} kills it and the container`, monitor);
  const message = `the container's monitor does not answer${why}`;
  return new TlxcError({ code: 'TLXC_E_UNRESPONSIVE', message, container, hint });
}
