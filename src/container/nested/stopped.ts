/** The containers in the tree of a container that is stopped: nothing of them is believed but that they are there. */
import { closeSync, constants, fstatSync, opendirSync } from 'node:fs';
import type { ContainerConfig } from '../../config/model.ts';
import { native } from '../../native/binding.ts';
import { parseVolume } from '../../storage/volume.ts';
import type { ListedContainer } from '../info/listed.ts';
import { isContainerName, STOPPED } from './answer.ts';
import { below, bounded, MOST_ROWS, type Nested, type NestedLimits } from './limits.ts';

/** Where containers are kept when nobody says otherwise. */
const STORES = ['/var/lib/tlxc', '/var/lib/lxc'];

const { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } = constants;
/** Which Node does not name. Nothing happens to what is opened so, be it a device. */
const O_PATH = 0o10000000;
/** It waits for nothing but the disk, and nothing else is done meanwhile. */
const WALK_MS = 1_000;
/** Of one directory, containers or not. */
const MOST_ENTRIES = 4_096;

/** A walk through the tree of one container: each root filesystem once, so many containers, so long. */
class Walk {
  /** false: there is more than was looked at. */
  complete = true;
  #left = MOST_ROWS;
  readonly #seen = new Set<string>();

  constructor(private readonly deadline: number) {}

  /** Those below the root, which is an open directory. */
  below(root: number, levels: number): readonly ListedContainer[] {
    const { dev, ino } = fstatSync(root, { bigint: true });
    if (levels === 0 || this.#seen.has(`${dev}:${ino}`)) return [];
    this.#seen.add(`${dev}:${ino}`);
    return STORES.flatMap((store) => this.#store(root, store, levels));
  }

  #store(root: number, store: string, levels: number): readonly ListedContainer[] {
    return this.#names(root, store).flatMap((name) => {
      if (!this.#goesOn()) return [];
      if (this.#within(root, `${store}/${name}/config`, O_PATH, () => [name]).length === 0) return [];
      this.#left--;
      const inner = this.#within(root, `${store}/${name}/rootfs`, O_PATH | O_DIRECTORY | O_NOFOLLOW, (fd) =>
        this.below(fd, levels - 1),
      );
      return [{ ...STOPPED, name, parents: [] }, ...below(name, inner)];
    });
  }

  #goesOn(): boolean {
    if (this.#left > 0 && performance.now() < this.deadline) return true;
    this.complete = false;
    return false;
  }

  #names(root: number, store: string): readonly string[] {
    return this.#within(root, store, O_RDONLY | O_DIRECTORY, (fd) => {
      const names: string[] = [];
      const directory = opendirSync(`/proc/self/fd/${fd}`);
      try {
        for (let count = 0; ; count++) {
          const entry = directory.readSync();
          if (entry === null) return names.sort();
          if (isContainerName(entry.name)) names.push(entry.name);
          if (count < MOST_ENTRIES) continue;
          this.complete = false;
          return names.sort();
        }
      } finally {
        directory.closeSync();
      }
    });
  }

  /** What is made of the path below the root, which no link in it leads out of; [] where there is none. */
  #within<T>(root: number, path: string, flags: number, use: (fd: number) => readonly T[]): readonly T[] {
    const fd = native().openInRoot({ root: `/proc/self/fd/${root}`, path, flags, mode: 0 });
    if (typeof fd !== 'number') return [];
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** The containers in the tree of one that is stopped: none where its backing store keeps that in anything but a directory. */
export function nestedInStopped(
  { name, rootfs }: Pick<ContainerConfig, 'name' | 'rootfs'>,
  { levels, deadline }: NestedLimits,
): Nested {
  const { type, path } = parseVolume(rootfs.path?.value ?? 'none');
  const root =
    type === 'dir'
      ? native().openInRoot({ root: path, path: '.', flags: O_PATH | O_DIRECTORY, mode: 0 })
      : null;
  if (typeof root !== 'number') return { rows: [], error: null };
  try {
    const walk = new Walk(Math.min(deadline, performance.now() + WALK_MS));
    const rows = walk.below(root, levels);
    return bounded(name, rows, walk.complete);
  } finally {
    closeSync(root);
  }
}
