/** What goes with a container: the notes that images have of it, in all stores of this cache. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { forgetBelow } from './image-users.ts';

const entriesOf = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory) : [];

/**
 * Forgets what had its configuration in `dir`: a container that was destroyed or has another name now, with its snapshots. All
 * images are looked at: of several layers, or copied into the container, one has a note that no configuration names. The
 * caller holds the container's lock, so that nobody makes another of its name, and `dir` is gone on the disk, too: no note
 * goes whose container could come back.
 */
export function forgetUsers(cacheDir: string, dir: string): void {
  try {
    // The images of plain users lie by the ids of their files.
    const ids = entriesOf(cacheDir).filter((name) => name.startsWith('ids-'));
    for (const store of ['.', ...ids]) {
      const images = join(cacheDir, store, 'images');
      for (const id of entriesOf(images)) forgetBelow(join(images, id), dir);
    }
  } catch {
    // An image goes just now, or nobody can write there: a note of what is gone is worth nothing, and goes with its image.
  }
}
