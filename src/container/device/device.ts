/** Devices of the host's for a running container: what the monitor is asked, and who may ask. */
import { existsSync } from 'node:fs';
import type { SystemConfig } from '../../config/model.ts';
import { TlxcError } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo, Reply, Request } from '../../monitor/protocol.ts';
import { native } from '../../native/binding.ts';
import { shellWord } from '../../shell-word.ts';
import { notRunning } from '../not-running.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { unresponsive } from '../unresponsive.ts';

export interface DeviceRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** An interface's name, a class of nodes, or a node's path: on the host to add it, inside to take it away. */
  readonly device: string;
  /** Its name on the other side; the same (of an interface taken away: the one that it had) unless given. */
  readonly target?: string;
}

/** Moving an interface waits for the kernel to let go of it everywhere. */
const PATIENCE_MS = 10_000;

export interface Told {
  readonly reply: Reply;
  /** By name; the caller closes them. */
  readonly fds: Readonly<Record<string, number>>;
}

/** What a running container's monitor answers. Throws TLXC_E_NOT_RUNNING, TLXC_E_UNRESPONSIVE. */
export function askRunning(paths: ContainerPaths, request: Request): Told {
  const stopped = () =>
    notRunning(paths, 'saved (--saved), it goes into the configuration, for the next start');
  if (!existsSync(paths.socket)) throw stopped();
  const result = askMonitor(paths, request, { timeoutMs: PATIENCE_MS });
  if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
  if (result.kind === 'stopped') throw stopped();
  if (!result.reply.ok && result.reply.error === 'not-running') throw stopped();
  return { reply: result.reply, fds: result.fds };
}

export interface Running {
  readonly paths: ContainerPaths;
  readonly info: MonitorInfo;
  /** Init's. The caller closes it. */
  readonly pidfd: number;
}

/** A running container, the caller being root. Throws TLXC_E_PERMISSION, TLXC_E_NOT_RUNNING. */
export async function withRunning<T>(
  { name, lxcpath, system }: DeviceRequest,
  work: (running: Running) => T | Promise<T>,
): Promise<T> {
  if (process.geteuid?.() !== 0) {
    const message = 'only root gives devices of the host to a running container';
    throw new TlxcError({
      code: 'TLXC_E_PERMISSION',
      message,
      container: name,
      hint: `run it as root (sudo), for the containers in ${shellWord(lxcpath)} (-P)`,
    });
  }
  const paths = containerPaths(system, lxcpath, name);
  const { reply, fds } = askRunning(paths, { op: 'attach' });
  try {
    return await work({ paths, info: reply as unknown as MonitorInfo, pidfd: fds['initPidfd'] ?? -1 });
  } finally {
    for (const fd of Object.values(fds)) native().closeFd(fd);
  }
}
