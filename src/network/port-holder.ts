/** Who listens on a port: the answer to "address already in use". */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Inodes of the sockets bound to the port in this network namespace (proc(5), /proc/net/udp). */
function socketsOn(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = ['udp', 'tcp', 'udp6', 'tcp6'].flatMap((protocol) => {
    let text = '';
    try {
      text = readFileSync(`/proc/net/${protocol}`, 'utf8');
    } catch {
      // The host runs without this protocol.
    }
    const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
    return rows.flatMap((fields) => (fields[1]?.endsWith(suffix) ? [fields[9] ?? ''] : []));
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

function nameOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return 'a process that has ended';
  }
}

/** "named (pid 12)" for each process that has a socket bound to the port. */
export function portHolders(port: number): string[] {
  const sockets = socketsOn(port);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && holds(name, sockets));
  return pids.map((pid) => `${nameOf(pid)} (pid ${pid})`);
}
