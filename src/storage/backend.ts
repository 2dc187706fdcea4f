/** What holds the root filesystems of containers: one file a backend beside this, all of one shape. */
import type { HostFacts } from '../host/facts.ts';
import type { View } from './view.ts';

export type BackendName = 'dir' | 'overlay' | 'btrfs' | 'loop';

/** What -B can be told further: options of tlxc-create, by their names. A backend `takes` some of them. */
export interface VolumeOptions {
  /** Bytes. */
  readonly fssize?: number;
  readonly fstype?: string;
}

/** Where a container is made, and what of it a backend has to know. */
export interface Place {
  /** The container's directory while it is made. */
  readonly staging: string;
  /** Where that directory will be. */
  readonly final: string;
  /** What to call what lies outside it. */
  readonly name: string;
  readonly options: VolumeOptions;
}

export interface NewRootfs {
  /** The value of lxc.rootfs.path once the container is in its final place. */
  readonly path: string;
  /** How it is seen while the container is made: what it adds to a tree is written in the topmost layer. */
  readonly view: View;
  /** Directories outside the container's that it is nothing without: images, other containers' root filesystems. */
  readonly needs: readonly string[];
}

/** What -B has to be weighed against. */
export interface Circumstances {
  readonly host: HostFacts;
  readonly idmapped: boolean;
  /** The directory that will hold the container. */
  readonly lxcpath: string;
}

export interface Backend {
  /** As lxc.rootfs.path has it before the colon. */
  readonly name: BackendName;
  readonly takes: readonly (keyof VolumeOptions)[];
  /** Why it cannot hold a new container there; null: it can. In words that follow "backing store NAME". */
  obstacle(circumstances: Circumstances, options: VolumeOptions): Promise<string | null>;
  /** A root filesystem with all that `tree` shows in its one layer, which is never written. Throws TLXC_E_STORAGE. */
  create(place: Place, tree: View): Promise<NewRootfs>;
  /** Another one like that at `path`, which is stopped; `mountPoint` as for view. Throws TLXC_E_STORAGE. */
  copy(place: Place, path: string, mountPoint: () => string): Promise<NewRootfs>;
  /** What is copied by copy() shares what neither changes, whatever its size. */
  readonly snapshots: boolean;
  /** How the one at `path` is seen by a program. `mountPoint` gives a directory for what has to be mounted. */
  view(path: string, mountPoint: () => string): View;
}
