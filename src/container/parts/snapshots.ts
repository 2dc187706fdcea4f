/** A container's snapshots as a program sees them. */
import type { OnStage } from '../../gauge.ts';
import type { Change } from '../../storage/diff.ts';
import { containerPaths } from '../paths.ts';
import { restoreSnapshot } from '../snapshot/restore.ts';
import { diffSnapshots } from '../snapshot/diff.ts';
import { destroyAllSnapshots, destroySnapshot, takeSnapshot } from '../snapshot/snapshot.ts';
import { listSnapshots, type Snapshot } from '../snapshots.ts';
import type { Stillness } from '../copy/source.ts';
import { silently, type Located, type Warn } from './place.ts';

/** How a snapshot is taken. */
export interface TakeOptions extends Stillness {
  /** A file whose text is kept with it. */
  readonly commentFile?: string | null;
  /** In place of the container's own configuration. */
  readonly configFile?: string;
  /** How to ask how far it is. */
  readonly onStage?: OnStage;
}

/** How one is restored. */
export interface RestoreOptions {
  /** The name of another container, which is made of it. */
  readonly as?: string;
  readonly warn?: Warn;
  /** How to ask how far it is. */
  readonly onStage?: OnStage;
}

/** What a container was at some time (tlxc-snapshot). All methods throw TlxcError. */
export class Snapshots {
  readonly #container: Located;

  /** @internal */
  constructor(container: Located) {
    this.#container = container;
  }

  /** Oldest first. Throws TLXC_E_NOT_FOUND. */
  list(): readonly Snapshot[] {
    const { system, lxcpath, name } = this.#container;
    return listSnapshots(containerPaths(system, lxcpath, name));
  }

  /**
   * Takes one of the stopped container (on btrfs and zfs of a running one, too), with a file as its comment. Resolves to its
   * name: snap0, snap1 …
   */
  take({ commentFile = null, ...how }: TakeOptions = {}): Promise<string> {
    return takeSnapshot({ ...this.#container, ...how }, commentFile);
  }

  /** Makes the container what it was, or with `as` another container. */
  restore(snapshot: string, options: RestoreOptions = {}): Promise<void> {
    const { as = this.#container.name, warn = silently, onStage } = options;
    return restoreSnapshot({ ...this.#container, snapshot, newName: as, warn, onStage });
  }

  /** The files added, changed and removed since a snapshot; `to`: until that one, instead of now. */
  diff(from: string, to?: string): Promise<readonly Change[]> {
    return diffSnapshots(this.#container, { from, to: to ?? null });
  }

  /** Removes one for good. */
  destroy(snapshot: string): Promise<void> {
    return destroySnapshot(this.#container, snapshot);
  }

  /** Resolves to how many there were. */
  destroyAll(): Promise<number> {
    return destroyAllSnapshots(this.#container);
  }
}
