/** lxc.rootfs.managed = 0: a root filesystem that no command deletes, moves or changes. */
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { ContainerConfig } from '../../config/model.ts';
import { syncFilesystem } from '../../host/trees.ts';

/** Names in the container's directory that hold parts of such a root filesystem; [] where it is managed, or elsewhere. */
export function unmanagedEntries({ rootfs }: ContainerConfig, dir: string): readonly string[] {
  if (rootfs.managed?.value !== false) return [];
  const parts = (rootfs.path?.value ?? '').replace(/^[a-z]+:/, '').split(':');
  const within = parts
    .map((path) => relative(dir, path))
    .filter((path) => path !== '' && !path.startsWith('..'));
  return [...new Set(within.map((path) => path.split(sep)[0] ?? ''))];
}

/**
 * Moves all of the directory but these names to `to`, an empty directory that nobody else removes meanwhile, the
 * configuration last: who is killed leaves a container that can be destroyed once more. What is kept stays where it is.
 */
export async function moveAllBut(kept: readonly string[], dir: string, to: string): Promise<void> {
  const names = readdirSync(dir).filter((name) => name !== 'config' && !kept.includes(name));
  const last = existsSync(join(dir, 'config')) ? ['config'] : [];
  for (const name of [...names, ...last]) renameSync(join(dir, name), join(to, name));
  await syncFilesystem(dir);
}
