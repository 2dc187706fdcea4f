/** A running container, saved by CRIU and restored, as a program does it. */
import { resolve } from 'node:path';
import { checkpointContainer, restoreCheckpoint } from '../checkpoint/checkpoint.ts';
import type { Started } from '../start/launch.ts';
import { silently, type Located, type Warn } from './place.ts';

/** How CRIU is run. */
export interface CheckpointOptions {
  /** CRIU's log, in the directory, tells everything. */
  readonly verbose?: boolean;
  /** A program that CRIU calls at its own steps: absolute, or found in PATH. */
  readonly actionScript?: string;
}

/** How a container is saved. */
export interface SaveOptions extends CheckpointOptions {
  /** It ends with that. */
  readonly stop?: boolean;
  /** Memory only, while it runs: a later `save` with `predump` has less to write. */
  readonly preDump?: boolean;
  /** The directory of an earlier preDump, relative to this one. */
  readonly predump?: string;
}

/** What tlxc-checkpoint does. Only root may; all methods throw TlxcError. */
export class Checkpoints {
  readonly #container: Located;

  /** @internal */
  constructor(container: Located) {
    this.#container = container;
  }

  /**
   * Saves the running container, memory and all, in a directory that is new; it runs on unless `stop`. Throws
   * TLXC_E_UNSUPPORTED with every reason why it cannot be saved, TLXC_E_NOT_RUNNING, TLXC_E_EXISTS.
   */
  save(directory: string, options: SaveOptions = {}): Promise<void> {
    const { verbose = false, actionScript, stop = false, preDump = false, predump } = options;
    const how = { verbose, actionScript, stop, preDump, predumpDir: predump };
    return checkpointContainer(this.#container, { directory: resolve(directory), ...how });
  }

  /** Starts the stopped container as it was when it was saved there. Throws as start does, and TLXC_E_NOT_FOUND. */
  restore(directory: string, options: CheckpointOptions & { readonly warn?: Warn } = {}): Promise<Started> {
    const { verbose = false, actionScript, warn = silently } = options;
    const place = { directory: resolve(directory), verbose, actionScript };
    return restoreCheckpoint(this.#container, place, { warn });
  }
}
