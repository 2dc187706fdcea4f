/** What a world holds that outlives a command: compared before and after, it tells what was left behind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Holder } from './holder.ts';

/** One line a thing: "process 123 dnsmasq", "mount /x", "cgroup /y", "interface veth0", "file /z". */
export type Snapshot = ReadonlySet<string>;

function below(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

const lines = (file: string): string[] => {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    // The group or the process went away while it was looked at.
    return [];
  }
};

/** Every process of the world: its groups hold them all, whatever namespaces they moved to. */
function processes(holder: Holder): string[] {
  const groups = holder.groups.flatMap((group) => [group, ...below(group)]);
  const pids = new Set(groups.flatMap((group) => lines(join(group, 'cgroup.procs'))));
  pids.delete(String(holder.pid));
  return [...pids].flatMap((pid) => lines(`/proc/${pid}/comm`).map((comm) => `process ${pid} ${comm}`));
}

/** Sockets and records of running containers, and what a create or destroy that ended midway leaves. */
function files(runDir: string, lxcpath: string): string[] {
  const running = !existsSync(runDir)
    ? []
    : readdirSync(runDir, { withFileTypes: true, recursive: true }).filter(({ name }) =>
        ['monitor.sock', 'instance.json'].includes(name),
      );
  const hidden = readdirSync(lxcpath).filter((name) => name.startsWith('.'));
  const halfMade = hidden.flatMap((name) => readdirSync(join(lxcpath, name), { withFileTypes: true }));
  return [...running, ...halfMade].map((entry) => `file ${join(entry.parentPath, entry.name)}`);
}

export function snapshot(
  holder: Holder,
  places: { readonly runDir: string; readonly lxcpath: string },
): Snapshot {
  return new Set([
    ...processes(holder),
    ...lines(`/proc/${holder.pid}/mountinfo`).map((line) => `mount ${line.split(' ')[4]}`),
    ...holder.groups.flatMap(below).map((group) => `cgroup ${group}`),
    ...lines(`/proc/${holder.pid}/net/dev`)
      .slice(2)
      .map((line) => `interface ${line.split(':')[0]?.trim()}`),
    ...files(places.runDir, places.lxcpath),
  ]);
}

/** Groups that all containers share and nobody removes: TLXC's and, where it was run for comparison, LXC's. */
const shared = /^cgroup .*\/(tlxc|tlxc\/\.monitor|lxc\.pivot)$/;

/**
 * That of a monitor of LXC's, which is left where the container's next one begins before the last has ended. It lies in the world's own
 * group; TLXC makes groups of this name only deeper, below an lxc.cgroup.dir.
 */
const lxcMonitor = /^cgroup .*\/tlxc-[^/]+\/(rig\/)?lxc\.monitor\.[^/]+$/;

/** What is in after and was not in before. */
export const grown = (before: Snapshot, after: Snapshot): string[] =>
  [...after].filter((line) => !before.has(line) && !shared.test(line) && !lxcMonitor.test(line));
