/** Who listens on a port: the answer to "address already in use". */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

type Protocol = 'udp' | 'tcp';

/** Of TCP, as /proc/net/tcp writes it: a connection alone does not keep its port from others. */
const LISTENING = '0A';
/** Of a container's monitor, and of the process that carries its forwarded ports. */
const TITLE = /^\[tlxc (monitor|proxy)\] .* (\S+)$/;

/** Of an address, as /proc/net writes it, that is all addresses. */
const isEverywhere = (address: string): boolean => /^0+$/.test(address);

interface Wanted {
  readonly port: number;
  readonly protocols: readonly Protocol[];
  /** Bound to all addresses, rather than to any. */
  readonly everywhere: boolean;
}

/** Inodes of the sockets bound to the port in this network namespace (proc(5), /proc/net/udp). */
function socketsOn({ port, protocols, everywhere }: Wanted): Set<string> {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = protocols
    .flatMap((protocol) => [protocol, `${protocol}6`])
    .flatMap((protocol) => {
      let text = '';
      try {
        text = readFileSync(`/proc/net/${protocol}`, 'utf8');
      } catch {
        // The host runs without this protocol.
      }
      const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
      const holding = ([, local = '', , state]: readonly string[]): boolean => {
        const [address = '', its] = local.split(':');
        if (its !== hexadecimal || (everywhere && !isEverywhere(address))) return false;
        return protocol.startsWith('udp') || state === LISTENING;
      };
      return rows.flatMap((fields) => (holding(fields) ? [fields[9] ?? ''] : []));
    });
  return new Set(inodes);
}

function holds(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode !== undefined && sockets.has(inode);
    });
  } catch {
    // It ended while it was looked at.
    return false;
  }
}

function describe(pid: string): string {
  try {
    const [title = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const container = TITLE.exec(title)?.[2];
    if (container !== undefined) return `the container ${container}`;
    return `${readFileSync(`/proc/${pid}/comm`, 'utf8').trim()} (pid ${pid})`;
  } catch {
    return 'a process that has ended';
  }
}

function holders(wanted: Wanted): string[] {
  const sockets = socketsOn(wanted);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && holds(name, sockets));
  return [...new Set(pids.map(describe))];
}

/** "named (pid 12)" for each process that has a socket bound to the port, "the container web" for one that forwards it. */
export const portHolders = (port: number, protocols: readonly Protocol[] = ['udp', 'tcp']): string[] =>
  holders({ port, protocols, everywhere: false });

/**
 * Those who keep port 53 from a bridge that is made later: servers of DNS on all addresses. One on 127.0.0.53 (systemd's
 * resolver), or on the address of another bridge, is in nobody's way.
 */
export const nameServersEverywhere = (): string[] =>
  holders({ port: 53, protocols: ['udp', 'tcp'], everywhere: true });

/** Those who keep port 53 of the bridge's addresses from it; where none is on all addresses, whoever has it on any. */
export function nameServerHolders(): string[] {
  const everywhere = nameServersEverywhere();
  return everywhere.length > 0 ? everywhere : portHolders(53);
}
