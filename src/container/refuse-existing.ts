/** Where a container is to be made, there is nothing yet. */
import { existsSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import type { ContainerPaths } from './paths.ts';

/** Throws TLXC_E_EXISTS where there is a container of that name, or a directory in its place. */
export function refuseExisting({ name, dir, config }: ContainerPaths): void {
  if (existsSync(config)) {
    throw new TlxcError({
      code: 'TLXC_E_EXISTS',
      message: 'Container already exists',
      container: name,
      path: dir,
      hint: `choose another name, or remove it: tlxc-destroy -n ${name}`,
    });
  }
  if (!existsSync(dir)) return;
  throw new TlxcError({
    code: 'TLXC_E_EXISTS',
    message: `${dir} exists already, and is no container: it has no config`,
    container: name,
    path: dir,
    hint: 'remove or rename it, or choose another name',
  });
}
