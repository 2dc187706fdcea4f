/** Removes what is, or was to be, a container's directory or a part of one: with the volumes that it notes as its own. */
import { existsSync, readdirSync, lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemConfig } from '../../config/model.ts';
import { isRoot, strangerOn } from '../../config/stranger.ts';
import { releaseTree } from '../../host/project-quota.ts';
import { removeTree } from '../../host/trees.ts';
import { backendNamed } from '../../storage/choose.ts';
import { forgetVolume, volumeOf } from '../../storage/outside.ts';
import { parseVolume } from '../../storage/volume.ts';

/** Directories of TLXC's own making that may note a volume; nothing that a container can write is looked at. */
function noting(dir: string): readonly string[] {
  const snapshots = join(dir, 'snaps');
  const parts = readdirSync(dir)
    .filter((name) => name.startsWith('.tlxc-'))
    .map((name) => join(dir, name));
  const kept = existsSync(snapshots) ? readdirSync(snapshots).map((name) => join(snapshots, name)) : [];
  return [dir, ...parts, ...kept].filter((each) => lstatSync(each, { throwIfNoEntry: false })?.isDirectory());
}

/** What of a container's directory may be kept to a size. */
const LIMITED = ['rootfs', 'overlay'];

/** Throws TLXC_E_STORAGE, TLXC_E_BUSY. Absent: nothing to do. */
export async function discard(path: string, { settings }: Pick<SystemConfig, 'settings'>): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    // Where others can put links in the way, limits could be taken from what these lead to.
    const isOurs = isRoot() && strangerOn(path) === null;
    for (const dir of noting(path)) {
      if (isOurs) for (const part of LIMITED) releaseTree(join(dir, part));
      const volume = volumeOf(dir);
      if (volume === null) continue;
      const { type, path: noted } = parseVolume(volume.path);
      await backendNamed(type)?.destroy?.(noted, { settings, mark: volume.mark });
      forgetVolume(dir);
    }
  }
  await removeTree(path);
}
