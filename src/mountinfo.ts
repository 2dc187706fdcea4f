/** What is mounted in this process's view of the host, as the kernel tells it. */
import { readFileSync } from 'node:fs';

export interface Mount {
  readonly point: string;
  /** Which part of its filesystem is seen there. */
  readonly root: string;
  /** ext4, fuse.lxcfs */
  readonly type: string;
  /** A device, or what its kind of filesystem has for one. */
  readonly source: string;
  /** Of the filesystem, whatever each of its mounts has besides. */
  readonly options: readonly string[];
  /** What is mounted below it shows in its peers, too. */
  readonly shared: boolean;
}

/** proc_pid_mountinfo(5): blanks, backslashes and newlines are written in octal. */
const unescaped = (field: string): string => {
  const bytes = field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return Buffer.from(bytes, 'latin1').toString();
};

function mountIn(line: string): Mount {
  const [before = '', after = ''] = line.split(' - ');
  const [, , , root = '', point = ''] = before.split(' ');
  const [type = '', source = '', options = ''] = after.split(' ');
  return {
    point: unescaped(point),
    root: unescaped(root),
    type,
    source: unescaped(source),
    options: options.split(','),
    shared: / shared:\d+( |$)/.test(before),
  };
}

/** In the order in which they were mounted. */
export const allMounts = (): readonly Mount[] =>
  readFileSync('/proc/self/mountinfo', 'latin1').split('\n').filter(Boolean).map(mountIn);

const isAt = ({ point }: Mount, path: string): boolean =>
  path === point || path.startsWith(`${point.replace(/\/$/, '')}/`);

/** What a path lies on that has no links in it; undefined: this process's root is no mount point. */
export function mountOf(path: string): Mount | undefined {
  const above = allMounts().filter((mount) => isAt(mount, path));
  // Of two at one place the later one covers the other.
  return above.toReversed().sort((left, right) => right.point.length - left.point.length)[0];
}
