/** A program in new namespaces: the words that tlxc-namespaces is told them by. */
import { nativeFile } from '../package-root.ts';
import type { MappedIds, Mapping } from './mapped.ts';

/** CLONE_NEW* of linux/sched.h, by the plan's names. */
const BITS = {
  time: 0x80,
  mount: 0x20000,
  cgroup: 0x2000000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  net: 0x40000000,
} as const;

export interface NewNamespaces {
  readonly namespaces: readonly (keyof typeof BITS)[];
  /** Of a new user namespace; programs "": written by the process itself. */
  readonly mapping?: Mapping | undefined;
  readonly hostname?: string | undefined;
  /** Interfaces of the caller's network that go along. One that cannot is told, and left. */
  readonly interfaces?: readonly string[];
  /** Fresh /proc, /dev/shm and /dev/mqueue. */
  readonly remount?: boolean;
  /** Return when the program runs. */
  readonly daemon?: boolean;
  /** Exit as the program does, with 128 and the number of a signal; else with 0, or 1 and a line that tells how. */
  readonly passStatus?: boolean;
  /** As the new namespaces count; the caller's where they are not given. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  readonly groups?: readonly number[] | undefined;
}

const mapWord = ({ kind, inside, outside, count }: MappedIds): string =>
  `${kind}s=${inside}:${outside}:${count}`;

const given = (key: string, value: number | string | undefined): string[] =>
  value === undefined ? [] : [`${key}=${value}`];

/** argv that runs `command` so; label begins its messages. */
export function inNewNamespaces(
  label: string,
  wanted: NewNamespaces,
  command: readonly string[],
): readonly [program: string, ...rest: string[]] {
  const { mapping, interfaces = [], remount = false, daemon = false, passStatus = false } = wanted;
  return [
    nativeFile('tlxc-namespaces'),
    label,
    `namespaces=${wanted.namespaces.reduce((all, each) => all + BITS[each], 0)}`,
    ...(mapping?.maps ?? []).map(mapWord),
    ...(mapping?.newUidMap ? [`newuidmap=${mapping.newUidMap}`, `newgidmap=${mapping.newGidMap}`] : []),
    ...given('hostname', wanted.hostname),
    ...interfaces.map((name) => `interface=${name}`),
    ...(remount ? ['remount'] : []),
    ...(daemon ? ['daemon'] : []),
    ...(passStatus ? ['status'] : []),
    ...given('uid', wanted.uid),
    ...given('gid', wanted.gid),
    ...given('groups', wanted.groups?.join(',')),
    '--',
    ...command,
  ];
}
