/** A foreground start: the command becomes the container's console, and ends as init does. */
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { askMonitor, type MonitorResult } from '../monitor/client.ts';
import type { Request } from '../monitor/protocol.ts';
import { native } from '../native/binding.ts';
import { nativeFile } from '../package-root.ts';
import type { ContainerPaths } from './paths.ts';

type Answer = Extract<MonitorResult, { kind: 'answer' }>;

function ask(paths: ContainerPaths, request: Request): Answer {
  const result = askMonitor(paths, request, { keep: true });
  if (result.kind === 'answer') return result;
  const stopped = result.kind === 'stopped';
  throw new TlxcError({
    code: stopped ? 'TLXC_E_NOT_RUNNING' : 'TLXC_E_UNRESPONSIVE',
    message: stopped ? "the container's monitor ended with it" : "the container's monitor does not answer",
    container: paths.name,
  });
}

/**
 * Replaces this process with tlxc-pty, which pumps between the caller's terminal and the console of the container that
 * has just been started, passes signals on, and exits with init's status. Returns never; throws where it cannot.
 */
export function becomeConsole(paths: ContainerPaths): never {
  const watch = ask(paths, { op: 'watch' });
  const console = ask(paths, { op: 'console', tty: 0 });
  // Without a console (lxc.console.path = none) only init's end is followed.
  const [peer = -1] = Object.values(console.fds);
  const path = nativeFile('tlxc-pty');
  const argv = ['tlxc-pty', 'foreground', String(peer), String(watch.connection), paths.runDir];
  const keep = [peer, watch.connection, console.connection].filter((fd) => fd >= 0);
  const { syscall, errno } = native().execve({ path, argv, environment: [], keep });
  const container = paths.name;
  const message = `the container runs, but its console cannot be shown: cannot run ${path}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, container, syscall, errno: errnoName(errno) });
}
