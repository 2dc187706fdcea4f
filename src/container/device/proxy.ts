/** Ports and sockets of the host that lead into a running container: added, taken away. tlxc.net.N.forward is their line in a configuration. */
import { BadValue } from '../../config/key.ts';
import type { ForwardConfig, SystemConfig } from '../../config/model.ts';
import { forward, forwardListen } from '../../config/values/forward.ts';
import type { Environment } from '../../environment.ts';
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { probeHost } from '../../host/probe.ts';
import type { MonitorForward, MonitorInfo, Refusal } from '../../monitor/protocol.ts';
import { nativeFile } from '../../package-root.ts';
import { expandForward, forwardLock, forwardName } from '../../plan/forwards.ts';
import type { Forward } from '../../plan/types.ts';
import { askRunning } from './device.ts';
import { failureHint } from '../start/failure-hints.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { forgetForward, rememberForward } from './proxy-config.ts';
import { unlessStopped } from './saved.ts';
import { refuseMissing } from '../not-defined.ts';

export interface ProxyRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** As in a configuration, "tcp 8080 -> 80"; to take it away the part before the arrow is enough. */
  readonly line: string;
  /** Whether the configuration is changed alike; the environment is what it is read with, the caller's. */
  readonly saved?: { readonly environment: Environment } | undefined;
}

const pathsOf = ({ name, lxcpath, system }: Omit<ProxyRequest, 'line' | 'saved'>): ContainerPaths =>
  containerPaths(system, lxcpath, name);

/** What `read` makes of the line; what is wrong with it is the caller's. */
function understood<T>({ name, line }: ProxyRequest, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    throw new TlxcError({
      code: 'TLXC_E_USAGE',
      message: `proxy '${line}': ${error.message}`,
      container: name,
    });
  }
}

/** What the monitor refuses for reasons of its own. */
const REASONS: Readonly<Record<string, string>> = {
  exists: 'is forwarded already',
  'too-many': 'is one too many: a container has at most 512 ports forwarded',
  'host-network':
    "cannot be forwarded: the container is in the host's network, its ports are the host's as they are",
};

function refusalOf(container: string, listen: string, reply: Refusal): TlxcError {
  const { syscall = '', detail = '', path = '' } = reply;
  const reason = REASONS[detail];
  if (reason !== undefined)
    return new TlxcError({
      code: 'TLXC_E_NETWORK',
      message: `${listen} ${reason}`,
      container,
      hint: `tlxc-info -n ${container} lists what is forwarded`,
    });
  const errno = errnoName(reply.errno);
  const failed = { kind: 'failed', step: 'forward', syscall, errno: reply.errno, path, detail } as const;
  const hint = failureHint({ ...failed, file: '', line: 0, key: '' }, errno);
  return new TlxcError({
    code: 'TLXC_E_NETWORK',
    message: `cannot forward ${listen} (${[syscall, detail].filter(Boolean).join(', ')})`,
    container,
    ...(reply.errno !== 0 && { errno }),
    ...(hint && { hint }),
  });
}

function addAll(paths: ContainerPaths, all: readonly Forward[]): void {
  const added: string[] = [];
  for (const each of all) {
    const program = nativeFile('tlxc-proxy');
    const { reply } = askRunning(paths, { op: 'forward', program, forward: each });
    if (!reply.ok) {
      for (const listen of added) askRunning(paths, { op: 'unforward', listen });
      throw refusalOf(paths.name, each.listen, reply);
    }
    added.push(each.listen);
  }
}

/**
 * Leads the port or socket of the host into the running container until it stops; of a range all ports, or none. What is
 * saved may be of a container that does not run. Throws TLXC_E_USAGE for a line that is none, TLXC_E_NOT_RUNNING,
 * TLXC_E_NETWORK with who holds the port, and, where it is to be saved, TLXC_E_NOT_FOUND, and TLXC_E_CONFIG where the
 * configuration does not take it.
 */
export async function addProxy(request: ProxyRequest): Promise<void> {
  const config: ForwardConfig = understood(request, () => forward(request.line));
  const paths = pathsOf(request);
  const live = (): void =>
    addAll(paths, expandForward(config, { ipv6: probeHost().ipv6, lock: forwardLock(request.system) }));
  if (!request.saved) {
    live();
    return;
  }
  refuseMissing(paths);
  const save = rememberForward({ paths, environment: request.saved.environment }, config);
  await unlessStopped(live);
  await save();
}

const notForwarded = (listen: string, container: string, there: readonly string[]): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: `${listen} is not forwarded`,
    container,
    hint: there.length === 0 ? 'nothing is' : `what is: ${there.join(', ')}`,
  });

function removeAll(request: ProxyRequest, names: readonly string[]): void {
  const there = listProxies(request).map(({ listen }) => listen);
  const missing = names.find((name) => !there.includes(name));
  if (missing !== undefined) throw notForwarded(missing, request.name, there);
  for (const listen of names) {
    const { reply } = askRunning(pathsOf(request), { op: 'unforward', listen });
    if (!reply.ok) throw refusalOf(request.name, listen, reply);
  }
}

/**
 * Ends it, and its connections. What is saved may be of a container that does not run. Throws TLXC_E_NOT_FOUND where it is
 * not forwarded, nothing being changed then.
 */
export async function removeProxy(request: ProxyRequest): Promise<void> {
  const [left = ''] = request.line.split('->');
  const side = understood(request, () => forwardListen(left));
  const { protocol, from, count } = side;
  const names = Array.from({ length: count }, (_, offset) => forwardName(protocol, from, offset));
  const live = (): void => removeAll(request, names);
  if (!request.saved) {
    live();
    return;
  }
  const paths = pathsOf(request);
  refuseMissing(paths);
  const save = forgetForward({ paths, environment: request.saved.environment }, side);
  const runs = await unlessStopped(live);
  if (!runs && !save) throw notForwarded(names[0] ?? left, request.name, []);
  await save?.();
}

/** Those of the running container, its configuration's too. Throws TLXC_E_NOT_RUNNING. */
export function listProxies(request: Omit<ProxyRequest, 'line' | 'saved'>): readonly MonitorForward[] {
  const { reply } = askRunning(pathsOf(request), { op: 'info' });
  return (reply as unknown as MonitorInfo).forwards;
}
