/**
 * Waits until something listens on a TCP port of the container's network namespace. The kernel tells nobody of a socket
 * that begins to listen, so its list is looked at, ever more rarely; connecting would be noticed by the service.
 */
import { readableText } from '../../readable-text.ts';
import { initPidOf, lookUntil, type Target } from './target.ts';

const LOOKS = { firstMs: 10, mostMs: 250 };
const LISTEN = '0A';
/** Of the ports that are listened on instead, so many are named. */
const NAMED = 5;

/** The local ports of the listening sockets in a text as /proc/net/tcp. */
export function listeningPorts(table: string): number[] {
  return table.split('\n').flatMap((line) => {
    const [, , port, state] = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) /.exec(line) ?? [];
    return port !== undefined && state === LISTEN ? [parseInt(port, 16)] : [];
  });
}

export function waitForPort(target: Target, port: number): Promise<void> {
  const { note } = target;
  return lookUntil(target, LOOKS, () => {
    const init = initPidOf(target);
    // "" where this kernel has no IPv6; or init has just ended, which is told elsewhere.
    const tables = ['tcp', 'tcp6'].map((name) => readableText(`/proc/${init}/net/${name}`));
    const ports = [...new Set(tables.flatMap(listeningPorts))].sort((a, b) => a - b);
    const others = ports.slice(0, NAMED).join(', ') + (ports.length > NAMED ? ' …' : '');
    note(
      `nothing listens on TCP port ${port} in it (${others ? `but on ${others}` : 'nor on any other port'})`,
    );
    return ports.includes(port);
  });
}
