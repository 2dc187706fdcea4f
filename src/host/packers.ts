/** Whether this machine can make and mount images of read-only filesystems. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadOnlyFilesystem } from './read-only-filesystems.ts';

const PLACES = ['/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** Whether a program of the system's is installed. */
export const isInstalled = (program: string): boolean =>
  PLACES.some((place) => existsSync(join(place, program)));

/** What packs, and the Debian package that has it. */
const PACKERS: Readonly<Record<ReadOnlyFilesystem, readonly [program: string, from: string]>> = {
  squashfs: ['mksquashfs', 'squashfs-tools'],
  erofs: ['mkfs.erofs', 'erofs-utils'],
};

/** What is missing; null: nothing. */
export function obstacleToPacking(type: ReadOnlyFilesystem): string | null {
  if (!existsSync('/dev/loop-control')) return 'there is no /dev/loop-control';
  const [program, from] = PACKERS[type];
  return isInstalled(program) ? null : `${program} is not installed (Debian: ${from})`;
}
