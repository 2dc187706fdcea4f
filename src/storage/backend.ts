/** What holds the root filesystems of containers: one file a backend beside this, all of one shape. */
import type { SystemConfig } from '../config/model.ts';
import type { OnStage } from '../gauge.ts';
import type { HostFacts } from '../host/facts.ts';
import type { ReadOnlyFilesystem } from '../host/read-only-filesystems.ts';
import type { View } from './view.ts';

/** What can hold a root filesystem. */
export type BackendName = 'dir' | 'overlay' | 'btrfs' | 'loop' | 'lvm' | 'zfs' | 'rbd' | ReadOnlyFilesystem;

/** What a backing store can be told further. Each takes some of these and refuses the others: TLXC_E_UNSUPPORTED. */
export interface VolumeOptions {
  /** The size of the root filesystem, or what it may hold, in bytes. */
  readonly fssize?: number;
  /** The filesystem of a volume (loop, lvm, rbd): ext4, xfs or btrfs. */
  readonly fstype?: string;
  /** dir: the directory of the root filesystem, absolute; rootfs in the container's own unless given. */
  readonly dir?: string;
  /** lvm: the logical volume; the container's name unless given. */
  readonly lvname?: string;
  /** lvm: its volume group; lxc.bdev.lvm.vg unless given. */
  readonly vgname?: string;
  /** lvm: a thin pool of the group; lxc.bdev.lvm.thin_pool unless given. */
  readonly thinpool?: string;
  /** zfs: what its dataset is made in; lxc.bdev.zfs.root unless given. */
  readonly zfsroot?: string;
  /** rbd: the image; the container's name unless given. */
  readonly rbdname?: string;
  /** rbd: its pool; lxc.bdev.rbd.rbdpool unless given. */
  readonly rbdpool?: string;
  /** rbd: refused; the setting lxc.bdev.rbd.rbduser is for all that is done with the image. */
  readonly rbduser?: string;
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
  /** Of tlxc.conf: where the options say nothing. */
  readonly settings: SystemConfig['settings'];
  readonly onStage?: OnStage | undefined;
}

export interface NewRootfs {
  /** The value of lxc.rootfs.path once the container is in its final place. */
  readonly path: string;
  /** How it is seen while the container is made: what it adds to a tree is written in the topmost layer. */
  readonly view: View;
  /** Directories outside the container's that it is nothing without: images, other containers' root filesystems. */
  readonly needs: readonly string[];
  /** It is nothing without the volume that it was copied from. */
  readonly needsSource?: boolean;
}

export interface CopyHow {
  /** It may lie over its source, and should. */
  readonly snapshot: boolean;
  /** As for Backend.view. */
  readonly mountPoint: () => string;
}

/** What -B has to be weighed against. */
export interface Circumstances {
  readonly host: HostFacts;
  readonly idmapped: boolean;
  readonly settings: SystemConfig['settings'];
  /** The directory that will hold the container. */
  readonly lxcpath: string;
}

export interface DestroyedVolume {
  /** As Place.settings. */
  readonly settings: SystemConfig['settings'];
  /** What it must bear, or it is another's and stays; null: whatever it bears. */
  readonly mark: string | null;
}

/** Bytes; null: not known. */
export interface VolumeUsage {
  readonly used: number | null;
  /** The most that it can hold. */
  readonly limit: number | null;
}

export interface Backend {
  /** As lxc.rootfs.path has it before the colon; that of squashfs and erofs is an overlay's. */
  readonly name: BackendName;
  /** Images are to be had so for it. */
  readonly packs?: ReadOnlyFilesystem;
  readonly takes: readonly (keyof VolumeOptions)[];
  /** Why it cannot hold a new container there; null: it can. In words that follow "backing store NAME". */
  obstacle(circumstances: Circumstances, options: VolumeOptions): Promise<string | null>;
  /** A root filesystem with all that `tree` shows in its one layer, which is never written. Throws TLXC_E_STORAGE. */
  create(place: Place, tree: View): Promise<NewRootfs>;
  /** Another one like that at `path`, which is stopped. Throws TLXC_E_STORAGE. */
  copy(place: Place, path: string, how: CopyHow): Promise<NewRootfs>;
  /** What is copied by copy() shares what neither changes, whatever its size. */
  readonly snapshots: boolean;
  /**
   * How one that runs is copied: its copies are of one moment whatever it does ("atomic"), or it is frozen as long as it is
   * read ("frozen"). Absent: what it uses cannot be read beside it.
   */
  readonly running?: 'atomic' | 'frozen';
  /** What the options would have to say for one beside that at `path`. */
  beside?(path: string): VolumeOptions;
  /** Has the device of the one at `path` appear where it has gone, after a boot say; absent: it has none. Throws TLXC_E_STORAGE. */
  attach?(path: string, settings: SystemConfig['settings']): Promise<void>;
  /** How the one at `path` is seen by a program. `mountPoint` gives a directory for what has to be mounted. */
  view(path: string, mountPoint: () => string): View;
  /** What each takes, in their order, where that is kept somewhere: no tree is walked for it. null: nobody knows. */
  usage?(paths: readonly string[]): Promise<readonly (VolumeUsage | null)[]>;
  /** An overlay may lie over the one at `path`: nothing else writes there, or nothing can. Absent: over none. */
  canLieBelow?(path: string): boolean;
  /** Its size is a limit, and no room of its own: a copy to another such backend gets the same. */
  readonly limited?: boolean;
  /** Its volumes always lie outside the container's directory, and go with it. */
  readonly outside?: boolean;
  /** Removes a volume that lies outside the container's directory; absent: nothing to do. Throws TLXC_E_STORAGE. */
  destroy?(path: string, which: DestroyedVolume): Promise<void>;
}
