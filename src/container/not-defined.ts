/** There is no such container where it was looked for, or the caller may not see it. */
import { existsSync, lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { ROOTS_STORE } from '../config/system-keys.ts';
import { TlxcError } from '../errors.ts';
import { rightsHint } from '../kept-out.ts';
import type { ContainerPaths } from './paths.ts';
import { listContainers } from './store.ts';

function isClosed(path: string): boolean {
  try {
    lstatSync(path);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES';
  }
}

function namesIn(lxcpath: string): readonly string[] {
  try {
    return listContainers(lxcpath);
  } catch {
    return [];
  }
}

/** Root's containers and a user's are in two stores: which is looked into is decided by sudo, and forgotten easily. */
function elsewhere({ name, lxcpath }: ContainerPaths): string {
  const user = process.env['SUDO_USER'];
  if (process.geteuid?.() !== 0)
    return lxcpath !== ROOTS_STORE && existsSync(join(ROOTS_STORE, name))
      ? `; root has a container ${name}: sudo`
      : '';
  return lxcpath === ROOTS_STORE && user !== undefined && user !== 'root'
    ? `; ${user} has a store too, which is looked into without sudo`
    : '';
}

/** Where it was looked for, and what was meant. */
function whereToLook(paths: ContainerPaths): string {
  const { name, lxcpath, dir, config } = paths;
  const others = elsewhere(paths);
  if (!existsSync(lxcpath))
    return `there is no directory ${lxcpath}: tlxc-create makes it with a first container, or name another store (-P)${others}`;
  const names = namesIn(lxcpath);
  const meant = nearest(name, names);
  const list = names.length === 0 ? 'it has none' : 'tlxc-ls lists those that exist';
  if (existsSync(dir) && !existsSync(config))
    return `${dir} has no config: it is no container's directory; ${list}`;
  return `there is no such container in ${lxcpath}${meant === undefined ? '' : ` (did you mean ${meant}?)`}: ${list}${others}`;
}

/** Throws notDefined() unless it has a configuration. */
export function refuseMissing(paths: ContainerPaths): void {
  if (!existsSync(paths.config)) throw notDefined(paths);
}

/**
 * What is to be thrown where a container has no configuration: TLXC_E_NOT_FOUND, unless it is TLXC_E_PERMISSION to look.
 * message: LXC's words, as the command has them.
 */
export function notDefined(
  paths: ContainerPaths,
  message = 'Container is not defined',
  code: 'TLXC_E_NOT_FOUND' | 'TLXC_E_NOT_RUNNING' = 'TLXC_E_NOT_FOUND',
): TlxcError {
  const { name: container, config: path } = paths;
  return isClosed(path)
    ? new TlxcError({
        code: 'TLXC_E_PERMISSION',
        message: `${dirname(path)} cannot be looked into`,
        container,
        path,
        errno: 'EACCES',
        hint: rightsHint(path),
      })
    : new TlxcError({ code, message, container, path, hint: whereToLook(paths) });
}
