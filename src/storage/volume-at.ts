/** What holds a root filesystem, where that shows on disk alone. */
import { statSync } from 'node:fs';
import { parseVolume, type Volume } from './volume.ts';

/** As parseVolume; but a path without a type that is a file is an image, and mounted as one. */
export function volumeAt(written: string): Volume {
  const volume = parseVolume(written);
  const isFile = volume.type === 'dir' && statSync(volume.path, { throwIfNoEntry: false })?.isFile() === true;
  return isFile ? { ...volume, type: 'loop' } : volume;
}
