/** lxcfs: a filesystem (FUSE) whose files tell each reader the figures of the container that it is in. */
import { spawnSync } from 'node:child_process';
import { allMounts, type Mount } from '../mountinfo.ts';

export interface LxcfsFile {
  /** Absolute: the file, or directory, of lxcfs. */
  readonly source: string;
  /** What it stands for, relative to the root: proc/meminfo. */
  readonly target: string;
}

export type Lxcfs =
  | { readonly state: 'absent' }
  | { readonly state: 'runs'; readonly at: string; readonly files: readonly LxcfsFile[] }
  /** dead: its mount is left, without the daemon. silent: the daemon does not answer. */
  | { readonly state: 'dead' | 'silent'; readonly at: string };

const TYPE = 'fuse.lxcfs';
const CPUS = 'sys/devices/system/cpu';
/** What lxcfs answers at once takes this long only when it hangs. */
const ANSWER_MS = 2000;

/** Asked by another process: who waits for a FUSE filesystem that hangs cannot look at the clock. */
function namesIn(directories: readonly string[]): string[] | 'dead' | 'silent' {
  const words = [...directories, '-mindepth', '1', '-maxdepth', '1'];
  const { stdout, error } = spawnSync('find', words, {
    encoding: 'utf8',
    timeout: ANSWER_MS,
    killSignal: 'SIGKILL',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  if (error !== undefined) return 'silent';
  const names = stdout.split('\n').filter(Boolean);
  return names.length === 0 ? 'dead' : names;
}

function lookInto(at: string): Lxcfs {
  const names = namesIn([`${at}/proc`, `${at}/${CPUS}`]);
  if (!Array.isArray(names)) return { state: names, at };
  const paths = names.map((name) => name.slice(at.length + 1));
  const cpus = paths.filter((path) => path.startsWith(`${CPUS}/`));
  // Before version 5 it had no more of the directory than the one file.
  const wholeDirectory = cpus.includes(`${CPUS}/uevent`);
  const targets = [
    ...paths.filter((path) => path.startsWith('proc/')),
    ...(wholeDirectory ? [CPUS] : cpus.filter((path) => path === `${CPUS}/online`)),
  ];
  const files = [...new Set(targets)].sort().map((target) => ({ source: `${at}/${target}`, target }));
  return { state: 'runs', at, files };
}

/** A user may mount a filesystem that calls itself so; root's alone is believed. */
const isRoots = ({ root, options }: Mount): boolean => root === '/' && options.includes('user_id=0');

/** In a container: its own files are over /proc, where nobody but its root could have put them. */
const isOverOwn = ({ root, point }: Mount): boolean => root === point && /^\/(proc|sys)\//.test(point);

/** What to bind into a container started now. Never throws, and takes two seconds at most. */
export function findLxcfs(mounts: readonly Mount[] = allMounts()): Lxcfs {
  const ours = mounts.filter(({ type }) => type === TYPE);
  const whole = ours.findLast(isRoots);
  if (whole) return lookInto(whole.point);
  const files = ours.filter(isOverOwn).map(({ point }) => ({ source: point, target: point.slice(1) }));
  return files.length === 0 ? { state: 'absent' } : { state: 'runs', at: '/proc', files };
}
