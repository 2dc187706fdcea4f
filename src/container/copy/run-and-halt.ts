/** A command in a running container, on the caller's own streams, with whose end the container ends. */
import { once } from 'node:events';
import { heeded } from '../../host/ignored-signals.ts';
import { spawnAttach } from '../attach/spawn-attach.ts';
import { stopIfRunning } from '../stop/stop-if-running.ts';
import type { StopRequest } from '../stop/stop.ts';

/** What its init has to come to an end before it is killed. */
const HALT_MS = 60_000;

type Halted = Pick<StopRequest, 'name' | 'lxcpath' | 'system' | 'environment'>;

/** Returns the command's exit code as tlxc-attach(1) gives it, once the container has stopped. */
export async function runAndHalt(container: Halted, argv: readonly string[]): Promise<number> {
  const { name, lxcpath, environment } = container;
  // The terminal's signals are the command's already, others are passed on; this process has the container to halt.
  const pass = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGTERM' || signal === 'SIGHUP') child.kill(signal);
  };
  const signals = heeded(['SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGTERM']);
  for (const signal of signals) process.on(signal, pass);
  const child = spawnAttach('tlxc-copy', ['-P', lxcpath, '-n', name, '--', ...argv], environment);
  try {
    const [code] = (await once(child, 'close')) as [number | null];
    return code ?? 1;
  } finally {
    await stopIfRunning({ ...container, how: 'halt', timeoutMs: HALT_MS, escalate: true });
    for (const signal of signals) process.off(signal, pass);
  }
}
