/** lxc.rootfs.managed = 0: a root filesystem that no command deletes, moves or changes. */
import { relative, sep } from 'node:path';
import type { ContainerConfig } from '../../config/model.ts';

/** Names in the container's directory that hold parts of such a root filesystem; [] where it is managed, or elsewhere. */
export function unmanagedEntries({ rootfs }: ContainerConfig, dir: string): readonly string[] {
  if (rootfs.managed?.value !== false) return [];
  const parts = (rootfs.path?.value ?? '').replace(/^[a-z]+:/, '').split(':');
  const within = parts
    .map((path) => relative(dir, path))
    .filter((path) => path !== '' && !path.startsWith('..'));
  return [...new Set(within.map((path) => path.split(sep)[0] ?? ''))];
}
