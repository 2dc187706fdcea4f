/** A filesystem of its own at a place of the world: in a file, mounted in the world's mount namespace, gone with it. */
import { join } from 'node:path';
import type { World } from './world.ts';

export interface Filesystem {
  /** ext4, xfs or btrfs. */
  readonly type: string;
  /** An empty directory of the world. */
  readonly at: string;
  /** As truncate(1) takes it. */
  readonly size?: string;
  /** Further words for mkfs. */
  readonly make?: string;
  /** Mount options. */
  readonly options?: string;
}

let made = 0;

/** Only programs run in the world see what lies there. */
export async function addFilesystem(world: World, filesystem: Filesystem): Promise<void> {
  const { type, at, size = '1G', make = '', options = '' } = filesystem;
  const image = join(world.dir, `filesystem${++made}`);
  await world.furnish(
    `truncate -s ${size} ${image}; mkfs.${type} -q ${make} ${image}; mount -o ${['loop', options].filter(Boolean).join(',')} ${image} ${at}; chmod 755 ${at}`,
  );
}
