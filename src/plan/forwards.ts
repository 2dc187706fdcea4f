/** tlxc.net.N.forward: what listens on the host, and where inside it leads. */
import { join } from 'node:path';
import type { ForwardConfig, ForwardEnd, HostEnd, SystemConfig } from '../config/model.ts';
import type { SourceLocation } from '../errors.ts';
import { showEnd } from '../config/values/forward.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import { originOfNamespace } from './namespaces.ts';
import type { Forward, StartPlan } from './types.ts';

/** What it is known by, each port of a range by itself. */
export const forwardName = (protocol: string, from: ForwardEnd, offset = 0): string =>
  `${protocol} ${showEnd(from, offset)}`;

export function compileForwards(compilation: Compilation): StartPlan['forwards'] {
  const { config, host, system, findings, options } = compilation;
  const forwards = config.networks.flatMap((network) => network.forwards);
  if (forwards.length === 0) return null;
  if (originOfNamespace(compilation, 'net') === 'host') {
    for (const { at } of forwards)
      findings.refuse(at, "the container is in the host's network: its ports are the host's as they are");
    return null;
  }
  const around = { ipv6: host.ipv6, lock: forwardLock(system) };
  const all = forwards.flatMap(({ value, at }) => expandForward(value, around, at));
  return { program: options.proxyProgram ?? '', all };
}

/** Locked by who makes or clears away a Unix socket. */
export const forwardLock = ({ runDir }: SystemConfig): string => join(runDir, 'forward.lock');

export interface ForwardSurroundings {
  /** The host has it; without, all addresses are those of IPv4. */
  readonly ipv6: boolean;
  readonly lock: string;
}

/** One for each port. */
export function expandForward(
  { protocol, from, to, count, idle, proxyProtocol }: ForwardConfig,
  around: ForwardSurroundings,
  at?: SourceLocation,
): Forward[] {
  return Array.from({ length: count }, (_, offset) => ({
    listen: forwardName(protocol, from, offset),
    connect: showEnd(to, offset),
    protocol,
    idle,
    proxyProtocol,
    from: listening(from, offset, around),
    to: connecting(to, offset, around),
    origin: originOf(at),
  }));
}

function listening(from: HostEnd, offset: number, { ipv6, lock }: ForwardSurroundings): Forward['from'] {
  if ('path' in from) return { op: 'socket', ...from, lock };
  const port = from.port + offset;
  if (from.address !== '') return { op: 'port', address: from.address, both: false, port };
  return { op: 'port', address: ipv6 ? '::' : '0.0.0.0', both: ipv6, port };
}

/** A service that listens on all addresses, or on one of loopback's, is found at these. */
function connecting(to: ForwardEnd, offset: number, { ipv6 }: ForwardSurroundings): Forward['to'] {
  if ('path' in to) return { op: 'socket', path: to.path };
  const loopback = ipv6 ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  return { op: 'port', addresses: to.address === '' ? loopback : [to.address], port: to.port + offset };
}
