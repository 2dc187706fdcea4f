/** The directories that containers live in: what their filesystem can do. */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HostFacts } from '../facts.ts';
import { problem, warning, type Finding } from '../finding.ts';

/** statfs(2) magic numbers of filesystems that take no id-mapped mounts. */
const NO_IDMAP: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x794c7630, 'overlay'],
]);

const GIBIBYTE = 2 ** 30;

/** The directory and those above it, outermost first. */
function upwards(path: string): string[] {
  return path === '/' ? ['/'] : [...upwards(dirname(path)), path];
}

/** Where path, or the first directory above it that exists, lies. */
export function filesystemFindings(
  what: string,
  path: string,
  { nested }: Pick<HostFacts, 'nested'>,
): Finding[] {
  const place = upwards(path).findLast((directory) => existsSync(directory)) ?? '/';
  const { type, bavail, bsize } = statfsSync(place);
  const free = (bavail * bsize) / GIBIBYTE;
  // In a container none maps ids.
  const kind = nested === null ? NO_IDMAP.get(type) : undefined;
  const findings: Finding[] = [];
  if (kind !== undefined) {
    findings.push(
      problem(
        what,
        `${place} is on ${kind}, which takes no id-mapped mounts: unprivileged containers of root will not start`,
        'keep containers on ext4, xfs, btrfs or tmpfs: tlxc-config lxc.lxcpath DIRECTORY',
      ),
    );
  }
  if (free < 1) {
    const room = `${(free * 1024).toFixed(0)} MiB`;
    findings.push(
      warning(what, `${place} has ${room} left`, 'free some space: an image takes 300 MiB and more'),
    );
  }
  return findings;
}
