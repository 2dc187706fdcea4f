/** What holds a root filesystem, where that shows on disk alone. */
import { statSync } from 'node:fs';
import { parseVolume, type Volume } from './volume.ts';

/** What cannot be looked at (another user's, a link that leads nowhere, a disk that is gone) is none. */
function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** As parseVolume; but a directory that is a file is an image, and mounted as one. Never throws. */
export function volumeAt(written: string): Volume {
  const volume = parseVolume(written);
  return volume.type === 'dir' && isFile(volume.path) ? { ...volume, type: 'loop' } : volume;
}
