/** A store on a disk whose power fails: what was in memory alone is lost, as on a machine that is switched off. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { World } from './world.ts';

const program = fileURLToPath(new URL('power-cut.pl', import.meta.url));

/** The kernel writes nothing by itself while a test runs. */
const OPTIONS = 'loop,commit=300';

const diskOf = (world: World): string => join(world.dir, 'disk');

/** Puts the world's store on a disk of its own. */
export async function storeOnDisk(world: World): Promise<void> {
  await world.sh(`truncate -s 256M ${diskOf(world)}; mkfs.ext4 -q ${diskOf(world)}`);
  await mount(world);
}

const mount = (world: World): Promise<void> =>
  world.furnish(`mount -o ${OPTIONS} ${diskOf(world)} ${world.lxcpath}; chmod 755 ${world.lxcpath}`);

/** Whether names and sizes are on disk whose contents are not. */
export type Journal = 'written' | 'lost';

/** From now on every write to the store, and what waits for one, fails. */
export const cutPower = (world: World, journal: Journal): Promise<string> =>
  world.sh(`perl ${program} ${world.lxcpath} ${journal === 'written' ? 'journal' : ''}`);

/** Once nobody has a file open there. As the next boot mounts it: the kernel plays back its journal. */
export async function powerOn(world: World): Promise<void> {
  await world.sh(`umount ${world.lxcpath}`);
  await mount(world);
}

/** All that lies below a directory of the store: names, types, modes, links, and what is in every file. */
export const contents = (world: World, below = ''): Promise<string> =>
  world.sh(
    `find ${world.lxcpath}/${below} ! -path '*/lost+found*' ! -path '*/.trash*' ` +
      `-printf '%p %y %m %l\\n' -type f -exec md5sum {} + | LC_ALL=C sort`,
  );
