/** Interfaces of the host's that come into a running container and go back. */
import { existsSync } from 'node:fs';
import type { SystemConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import { errnoName } from '../errno.ts';
import { askMonitor } from '../monitor/client.ts';
import type { MonitorInfo, Reply, Request } from '../monitor/protocol.ts';
import { containerPaths, type ContainerPaths } from './paths.ts';
import { unresponsive } from './unresponsive.ts';

export interface DeviceRequest {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
  /** An interface's name: on the host to add it, inside to take it away. */
  readonly device: string;
  /** Its name on the other side; the same (or, taken away, the one that it had) unless given. */
  readonly target?: string;
}

/** Moving an interface waits for the kernel to let go of it everywhere. */
const PATIENCE_MS = 10_000;

type Refusal = Extract<Reply, { ok: false }>;

function ask(paths: ContainerPaths, request: Request): Reply {
  const stopped = () =>
    new TlxcError({
      code: 'TLXC_E_NOT_RUNNING',
      message: `${paths.name} is not running`,
      container: paths.name,
      hint: 'devices of its next start are lines of its configuration: lxc.net.N.type = phys, lxc.mount.entry',
    });
  if (!existsSync(paths.socket)) throw stopped();
  const result = askMonitor(paths, request, { timeoutMs: PATIENCE_MS });
  if (result.kind === 'unresponsive') throw unresponsive(paths.name);
  if (result.kind === 'stopped') throw stopped();
  if (!result.reply.ok && result.reply.error === 'not-running') throw stopped();
  return result.reply;
}

/** A running container's monitor, root being the caller. Throws TLXC_E_PERMISSION, TLXC_E_NOT_RUNNING. */
function runningOf({ name, lxcpath, system }: DeviceRequest): {
  paths: ContainerPaths;
  running: MonitorInfo;
} {
  if (process.geteuid?.() !== 0) {
    const message = 'only root gives devices of the host to a running container';
    throw new TlxcError({ code: 'TLXC_E_PERMISSION', message, container: name });
  }
  const paths = containerPaths(system, lxcpath, name);
  return { paths, running: ask(paths, { op: 'info' }) as unknown as MonitorInfo };
}

/** By the executor's word for it: what failed, and what can be done. */
const REASONS: Readonly<
  Record<string, (name: string) => { readonly message: string; readonly hint?: string }>
> = {
  'name-taken-inside': (name) => ({
    message: `the container has an interface named ${name} already`,
    hint: 'another name inside is the last word: tlxc-device -n NAME add DEV NAME_INSIDE',
  }),
  'name-taken-outside': (name) => ({
    message: `the host has an interface named ${name} already`,
    hint: 'another name on the host is the last word: tlxc-device -n NAME del DEV NAME_ON_HOST',
  }),
  'bad-interface-name': (name) => ({
    message: `'${name}' is no name of an interface: up to 15 characters, none of them a slash`,
  }),
};

function refusalOf(request: DeviceRequest, reply: Refusal, side: 'host' | 'container'): TlxcError {
  const { name, device } = request;
  const reason = REASONS[reply.detail ?? '']?.(reply.path ?? '');
  if (reason) return new TlxcError({ code: 'TLXC_E_NETWORK', ...reason, container: name });
  const errno = errnoName(reply.errno);
  if (errno === 'ENODEV' && reply.syscall === 'RTM_GETLINK') {
    const message = `the ${side} has no network interface named ${reply.path ?? device}`;
    const hint = 'a device node is meant by its path: /dev/NAME';
    return new TlxcError({ code: 'TLXC_E_NOT_FOUND', message, container: name, hint });
  }
  const detail = [reply.syscall, reply.detail].filter(Boolean).join(', ');
  const message = `cannot move ${device}${detail && ` (${detail})`}`;
  return new TlxcError({
    code: 'TLXC_E_NETWORK',
    message,
    container: name,
    ...(reply.errno !== 0 && { errno }),
  });
}

function expectOwnNetwork({ name }: DeviceRequest, running: MonitorInfo): void {
  if (running.namespaces.includes('net')) return;
  const message = "the container's network is the host's: it has all interfaces already";
  throw new TlxcError({ code: 'TLXC_E_NETWORK', message, container: name });
}

/** Lends it to the running container, down and without addresses. Throws TLXC_E_NOT_FOUND, TLXC_E_NETWORK. */
export function addInterface(request: DeviceRequest): void {
  const { paths, running } = runningOf(request);
  expectOwnNetwork(request, running);
  const { device, target = device } = request;
  const reply = ask(paths, { op: 'plug-in', host: device, inside: target });
  if (!reply.ok) throw refusalOf(request, reply, 'host');
}

/** Brings it back: with name, MTU and addresses where it was lent. Throws TLXC_E_NOT_FOUND, TLXC_E_NETWORK. */
export function removeInterface(request: DeviceRequest): void {
  const { paths, running } = runningOf(request);
  expectOwnNetwork(request, running);
  const { device, target = '' } = request;
  const reply = ask(paths, { op: 'unplug', host: target, inside: device });
  if (!reply.ok) throw refusalOf(request, reply, 'container');
}
