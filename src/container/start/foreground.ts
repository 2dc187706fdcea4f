/** A foreground start: the command becomes the container's console, and ends as init does. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import { native } from '../../native/binding.ts';
import { nativeFile } from '../../package-root.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { stopIfRunning } from '../stop/stop-if-running.ts';
import type { StopRequest } from '../stop/stop.ts';
import { unresponsive } from '../unresponsive.ts';
import { killedBy, relaySignals } from './relay-signals.ts';

/** The connection on which the monitor tells of state changes; the monitor of a foreground start waits for it. */
function watch(paths: ContainerPaths): number {
  const result = askMonitor(paths, { op: 'watch' }, { keep: true });
  if (result.kind === 'answer') return result.connection;
  if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
  throw new TlxcError({
    code: 'TLXC_E_NOT_RUNNING',
    message: "the container's monitor has died",
    container: paths.name,
  });
}

/** The console's stream, and the connection that keeps it; -1 for both where there is none, or init has ended already. */
function openConsole(paths: ContainerPaths): { peer: number; connection: number } {
  const result = askMonitor(paths, { op: 'console', tty: 0 }, { keep: true });
  if (result.kind !== 'answer') return { peer: -1, connection: -1 };
  const [peer = -1] = Object.values(result.fds);
  return { peer, connection: result.connection };
}

/**
 * Replaces this process with tlxc-pty, which pumps between the caller's terminal and the console of the container that
 * has just been started, passes signals on, and exits with init's status. Returns never; throws where it cannot.
 */
function becomeConsole(paths: ContainerPaths, note: string, owner: number): never {
  const events = watch(paths);
  const { peer, connection } = openConsole(paths);
  const path = nativeFile('tlxc-pty');
  const argv = ['tlxc-pty', 'foreground', String(peer), String(events), paths.runDir, note];
  const keep = [peer, events, connection, owner].filter((fd) => fd >= 0);
  const { syscall, errno } = native().execve({ path, argv, environment: [], keep });
  const container = paths.name;
  const message = `the container runs, but its console cannot be shown: cannot run ${path}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, container, syscall, errno: errnoName(errno) });
}

/** Which container, and for whom. */
export interface ForegroundPlace extends Pick<StopRequest, 'name' | 'lxcpath' | 'system' | 'environment'> {
  /** Said on standard error when init, given a signal, has not ended: the next one ends the container. */
  readonly note: string;
}

/**
 * Starts the container by `start` and becomes its console. A signal that would end this process meanwhile ends the
 * container as soon as it runs, since init, just executed, would not hear it: resolves to 128 and its number then, with
 * nothing left. Signals count from the moment `start` calls `begin`: what it does first may be ended by them. The container
 * ends with this process and the console: `start` passes `own` on to startContainer.
 */
export async function startInForeground(
  place: ForegroundPlace,
  start: (begin: () => void, own: (owner: number) => void) => Promise<unknown>,
): Promise<number> {
  const relay: { current?: ReturnType<typeof relaySignals> } = {};
  let owner = -1;
  try {
    await start(
      () => (relay.current = relaySignals()),
      (fd) => void (owner = fd),
    );
    // From here on they wait for tlxc-pty; what has been caught by now is told in the event loop's next turn.
    native().holdSignals();
    await nextTurn();
    const early = relay.current?.early();
    if (early !== undefined) {
      await stopIfRunning({ ...place, how: 'kill', timeoutMs: 0, escalate: true });
      return killedBy(early);
    }
    return becomeConsole(containerPaths(place.system, place.lxcpath, place.name), place.note, owner);
  } finally {
    relay.current?.end();
  }
}
