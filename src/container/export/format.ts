/**
 * What tlxc-export writes and tlxc-import reads: one tar archive, compressed as a whole.
 *
 *   tlxc/index.json                  about the container: Index
 *   tlxc/config                      its configuration file, as it is written
 *   tlxc/files/NAME                  files of its directory that the configuration names: hooks, an fstab
 *   rootfs/…                         its root filesystem; owners are the ids that it sees itself
 *   snapshots/NAME/{config,ts,comment,rootfs/…}
 *   tlxc/checksum.json               SHA-256 of all bytes of the archive before this member: Checksum
 */
import type { Snapshot } from '../snapshots.ts';

export const FORMAT = 1;
export const INDEX = 'tlxc/index.json';
export const CONFIG = 'tlxc/config';
export const FILES = 'tlxc/files/';
export const CHECKSUM = 'tlxc/checksum.json';

export interface Index {
  readonly format: number;
  readonly name: string;
  /** Where it was: its configuration names files there. */
  readonly directory: string;
  /** uname -m of the host it was on. */
  readonly architecture: string;
  /** ISO 8601, UTC. */
  readonly created: string;
  /** It had no id map. */
  readonly privileged: boolean;
  readonly snapshots: readonly Pick<Snapshot, 'name' | 'timestamp'>[];
}

export interface Checksum {
  readonly sha256: string;
  readonly bytes: number;
}

/** How it is compressed, and what its name then ends in. */
export const COMPRESSIONS = { zstd: '.tar.zst', xz: '.tar.xz', gzip: '.tar.gz', none: '.tar' } as const;
/** How an archive is compressed: zstd, xz, gzip or none. */
export type Compression = keyof typeof COMPRESSIONS;
