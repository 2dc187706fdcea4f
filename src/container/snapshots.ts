/**
 * Where snapshots lie and what is written there, as LXC has it: NAME/snaps/snapN is a container's directory with the time
 * of the snapshot in `ts`, and what somebody wrote about it in `comment`.
 */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { SystemConfig } from '../config/model.ts';
import { readNote } from '../config/open-file.ts';
import { strangerOn } from '../config/stranger.ts';
import { TlxcError } from '../errors.ts';
import { containerPaths, isName, type ContainerPaths } from './paths.ts';
import { refuseMissing } from './not-defined.ts';

/** A snapshot that is kept. */
export interface Snapshot {
  readonly name: string;
  /** Local time: YYYY:MM:DD HH:MM:SS; "" where nothing tells. */
  readonly timestamp: string;
  /** As it was given, with its line ends; "": none. */
  readonly comment: string;
}

/** Names of a container's directory hold snapshots; LXC 1.0's place beside the store is not looked at. */
export const snapshotStore = (dir: string): string => join(dir, 'snaps');

const number = (name: string): number => Number(/^snap(\d+)$/.exec(name)?.[1] ?? Infinity);

/** Where others than root can put a link, it could make another container's directory the place of snapshots, which are destroyed there. */
function refuseLink(store: string): void {
  if (lstatSync(store, { throwIfNoEntry: false })?.isSymbolicLink() !== true || strangerOn(store) === null)
    return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${store} is a link that is not root's: nothing is kept, shown or destroyed through it`,
    container: basename(dirname(store)),
    path: store,
    hint: "put what it leads to in its place, or make the link and all directories above it root's",
  });
}

/**
 * The snapshots of the container in dir: snap0, snap1, snap2 ..., then what has other names. Throws TLXC_E_UNSUPPORTED where
 * their directory is a link of somebody else's.
 */
export function snapshotsOf(dir: string): readonly Snapshot[] {
  const store = snapshotStore(dir);
  refuseLink(store);
  if (!existsSync(store)) return [];
  return readdirSync(store, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isName(entry.name))
    .map((entry) => entry.name)
    .filter((name) => existsSync(join(store, name, 'config')))
    .sort((a, b) => (number(a) === number(b) ? (a < b ? -1 : 1) : number(a) - number(b)))
    .map((name) => ({
      name,
      timestamp: readNote(join(store, name, 'ts')).trim(),
      comment: readNote(join(store, name, 'comment')),
    }));
}

/** The same; throws TLXC_E_NOT_FOUND where there is no such container. */
export function listSnapshots(paths: ContainerPaths): readonly Snapshot[] {
  refuseMissing(paths);
  return snapshotsOf(paths.dir);
}

/** snapN with the lowest N that is free. */
export function freeSnapshotName(dir: string): string {
  refuseLink(snapshotStore(dir));
  for (let n = 0; ; n++) if (!existsSync(join(snapshotStore(dir), `snap${n}`))) return `snap${n}`;
}

/** The places of a snapshot that exists. Throws TLXC_E_NOT_FOUND, with those that there are. */
export function findSnapshot(
  system: SystemConfig,
  { name, dir }: ContainerPaths,
  wanted: string,
): ContainerPaths {
  const known = snapshotsOf(dir).map((snapshot) => snapshot.name);
  if (known.includes(wanted)) return containerPaths(system, snapshotStore(dir), wanted);
  throw new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: `there is no snapshot ${JSON.stringify(wanted)}`,
    container: name,
    hint:
      known.length === 0
        ? `it has none: tlxc-snapshot -n ${name} takes one`
        : `there are ${known.join(', ')}`,
  });
}

const two = (value: number): string => String(value).padStart(2, '0');

/** As it is written in `ts`. */
export const timestampOf = (time: Date): string =>
  [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join(':') +
  ` ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
