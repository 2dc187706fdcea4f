/** What a world holds that outlives a command: compared before and after, it tells what was left behind. */
import { readdirSync, readFileSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import type { Holder } from './holder.ts';

/** One line a thing: "process 123 dnsmasq", "mount /x", "cgroup /y", "interface veth0", "file /z". */
export type Snapshot = ReadonlySet<string>;

/** What is there; a directory that goes away while it is looked at has nothing. */
function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

const pathOf = ({ parentPath, name }: Dirent): string => join(parentPath, name);

function allBelow(directory: string): readonly Dirent[] {
  return entriesOf(directory).flatMap((entry) =>
    entry.isDirectory() ? [entry, ...allBelow(pathOf(entry))] : [entry],
  );
}

const below = (directory: string): readonly string[] =>
  allBelow(directory)
    .filter((entry) => entry.isDirectory())
    .map(pathOf);

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
  const running = allBelow(runDir).filter(({ name }) => ['monitor.sock', 'instance.json'].includes(name));
  const hidden = entriesOf(lxcpath).filter(({ name }) => name.startsWith('.'));
  const halfMade = hidden.flatMap((entry) => entriesOf(pathOf(entry)));
  return [...running, ...halfMade].map((entry) => `file ${pathOf(entry)}`);
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
