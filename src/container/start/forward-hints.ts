/** What to do about a port or a socket of the host that a container's forward cannot have. */
import { nativeRemedy } from '../../package-root.ts';
import { readFileSync } from 'node:fs';
import { portHolders } from '../../network/port-holder.ts';
import type { Hint } from './hint.ts';

/** "tcp 127.0.0.1:80" */
const portOf = (path: string): number => Number(/(\d+)$/.exec(path)?.[1] ?? 0);
const isPath = (path: string): boolean => path.startsWith('/');

function holderHint({ path }: { readonly path: string }): string {
  if (isPath(path))
    return `somebody listens there, another container say, or it is no socket at all: take another path, or rm ${path}`;
  const holders = portHolders(portOf(path), [path.startsWith('udp') ? 'udp' : 'tcp']);
  const who = holders.length > 0 ? holders.join(' and ') : 'a process that only root sees';
  return `${who} has this port: stop that, or forward another`;
}

function unprivilegedPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return 1024;
  }
}

export const FORWARD_HINTS: readonly Hint[] = [
  { step: /^forward$/, errno: /EADDRINUSE/, hint: holderHint },
  {
    step: /^forward$/,
    syscall: /^bind$/,
    errno: /EACCES|EPERM/,
    hint: ({ path }) =>
      isPath(path)
        ? 'the directory is not open to you for writing'
        : `ports below ${unprivilegedPort()} are root's (net.ipv4.ip_unprivileged_port_start): forward a higher one`,
  },
  {
    step: /^forward$/,
    errno: /EADDRNOTAVAIL/,
    hint: 'no interface of the host has this address; "ip address" lists those that it has',
  },
  { step: /^forward$/, syscall: /^flock$/, hint: 'another command of TLXC keeps it; try again' },
  { step: /^forward$/, errno: /EAFNOSUPPORT/, hint: 'the host has no IPv6' },
  { step: /^forward$/, syscall: /^open$/, errno: /ENOENT/, hint: 'make the directory of the socket first' },
  {
    step: /^forward$/,
    syscall: /^chown$/,
    hint: 'only root gives a socket to others: leave uid= and gid= away',
  },
  {
    step: /^forward$/,
    syscall: /^version$/,
    hint: 'TLXC has been replaced since the container was started: restart the container',
  },
  { step: /^forward$/, syscall: /^execve$/, hint: ({ path }) => nativeRemedy(path).hint },
];
