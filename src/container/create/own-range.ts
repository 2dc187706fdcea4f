/** The ids of a container on its way: taken before anything is fetched or built for it, given back where nothing comes of it. */
import type { SystemConfig } from '../../config/model.ts';
import type { ContainerPaths } from '../paths.ts';
import { allocateRange, releaseRange } from './id-ranges.ts';

export interface RangeFor {
  readonly system: SystemConfig;
  readonly paths: ContainerPaths;
  readonly staging: string;
  /** false: it is privileged, or its ids are said elsewhere. */
  readonly isWanted: boolean;
}

export class OwnRange {
  readonly #for: RangeFor;
  #first: number | null = null;

  constructor(rangeFor: RangeFor) {
    this.#for = rangeFor;
  }

  /** Its first id, the same each time; null: it gets none. The staging directory is there. Throws TLXC_E_UNSUPPORTED. */
  take(): number | null {
    const { system, paths, staging, isWanted } = this.#for;
    if (isWanted) this.#first ??= allocateRange(system, paths.lxcpath, { staging, config: paths.config });
    return this.#first;
  }

  giveBack(): void {
    if (this.#first !== null) releaseRange(this.#for.system, this.#first, this.#for.paths.config);
    this.#first = null;
  }
}
