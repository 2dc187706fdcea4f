/** The console and the ttys of a running container, at the caller's terminal. */
import { TlxcError } from '../errors.ts';
import { askMonitor, type MonitorResult } from '../monitor/client.ts';
import { native } from '../native/binding.ts';
import { nativeFile } from '../package-root.ts';
import { attachFailure } from './attach/failure.ts';
import { betweenBoots, notRunning } from './not-running.ts';
import type { ContainerPaths } from './paths.ts';
import { unresponsive } from './unresponsive.ts';

export interface OpenConsole {
  /** The number of the tty that was given; 0 is the console. */
  readonly tty: number;
  /** The console's stream or the tty's master; the caller's to close. */
  readonly peer: number;
  /** Holds the tty until it is closed. */
  readonly connection: number;
}

const REFUSALS: Readonly<Record<string, string>> = {
  busy: 'it is in use already',
  'no-console': 'the container has no console (lxc.console.path = none)',
  'no-tty': 'the container has no such tty (lxc.tty.max)',
};

function refuse(paths: ContainerPaths, what: string, result: MonitorResult): never {
  const container = paths.name;
  if (result.kind === 'stopped') throw notRunning(paths);
  if (result.kind === 'unresponsive') throw unresponsive(container, result);
  const error = result.reply.ok ? '' : result.reply.error;
  if (error === 'not-running') throw betweenBoots(paths);
  throw new TlxcError({
    code: error === 'busy' ? 'TLXC_E_BUSY' : 'TLXC_E_NOT_FOUND',
    message: `cannot open ${what}: ${REFUSALS[error] ?? (error || 'the monitor gave none')}`,
    container,
    hint: 'take another tty (-t N); lxc.tty.max and lxc.console.path say which there are',
  });
}

/**
 * Asks the monitor for a tty: 0 the console, n that tty, -1 the next free one. Throws TLXC_E_NOT_RUNNING,
 * TLXC_E_UNRESPONSIVE, TLXC_E_BUSY or TLXC_E_NOT_FOUND.
 */
export function openConsole(paths: ContainerPaths, tty: number): OpenConsole {
  const result = askMonitor(paths, { op: 'console', tty }, { keep: true });
  if (result.kind === 'answer' && result.reply.ok) {
    const [peer] = Object.values(result.fds);
    if (peer !== undefined) return { tty: result.reply.tty ?? tty, peer, connection: result.connection };
  }
  if (result.kind === 'answer' && result.connection >= 0) native().closeFd(result.connection);
  const what = tty < 0 ? 'a free tty' : tty === 0 ? 'the console' : `tty ${tty}`;
  return refuse(paths, what, result);
}

/**
 * Gives this process's place to the native proxy. prefix: the byte before q that leaves, -1 for none. Throws
 * TLXC_E_SYSCALL; otherwise never returns.
 */
export function becomeConsole(
  paths: ContainerPaths,
  { peer, connection }: OpenConsole,
  prefix: number,
): never {
  const argv = ['tlxc-pty', 'console', String(peer), String(connection), paths.runDir, String(prefix)];
  const path = nativeFile('tlxc-pty');
  throw attachFailure(paths.name, native().execve({ path, argv, environment: [], keep: [peer, connection] }));
}
