/** A renamed container's name in its own files. LXC's rename is a copy, and gives it to /etc/hostname as to lxc.uts.name. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerConfig, SystemConfig } from '../../config/model.ts';
import { strangerOn } from '../../config/stranger.ts';
import { backendNamed } from '../../storage/choose.ts';
import { renameWithin } from '../../storage/name-container.ts';
import { volumeOf } from '../../storage/outside.ts';
import { volumeAt } from '../../storage/volume-at.ts';
import { partsOf } from '../../storage/volume.ts';
import type { ContainerPaths } from '../paths.ts';
import { discard } from '../remove/discard.ts';
import { stagingPath } from '../remove/leftovers.ts';

/** What the container has made for it alone, and nobody but root could have named: a directory of the host's is never edited. */
function isOwn({ rootfs }: ContainerConfig, { dir, config }: ContainerPaths, written: string): boolean {
  if (rootfs.managed?.value === false || strangerOn(config) !== null) return false;
  return volumeOf(dir)?.path === written || (partsOf(written).at(-1) ?? '').startsWith(`${dir}/`);
}

/**
 * Writes the new name. The caller holds the locks of both names. Where it cannot be (a disk that is full, or not there), that is
 * a warning: the container has its new name all the same.
 */
export async function nameWithin(
  config: ContainerConfig,
  source: ContainerPaths,
  target: ContainerPaths,
  { system, warn }: { readonly system: SystemConfig; readonly warn: (text: string) => void },
): Promise<void> {
  const written = config.rootfs.path?.value ?? 'none';
  const { type, path } = volumeAt(written);
  const backend = backendNamed(type);
  if (!backend || !isOwn(config, source, written)) return;
  const staging = stagingPath(target.lxcpath, target.name);
  let count = 0;
  const mountPoint = (): string => {
    const place = join(staging, String(count++));
    mkdirSync(place, { recursive: true, mode: 0o700 });
    return place;
  };
  try {
    await backend.attach?.(path, system.settings);
    await renameWithin(backend.view(path, mountPoint), target.name);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    warn(`its /etc/hostname may have the name ${source.name} still: ${why}`);
  } finally {
    if (count > 0) await discard(staging, system);
  }
}
