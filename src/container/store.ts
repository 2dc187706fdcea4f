/** Which containers there are: those with a configuration below an lxcpath, and those that run. */
import { existsSync, readdirSync } from 'node:fs';
import type { SystemConfig } from '../config/model.ts';
import { isName, storeRunDir, type ContainerPaths } from './paths.ts';

/** Names below a directory that could be containers and have `file`; a directory that is not there has none. */
function namesWith(directory: string, file: string): string[] {
  let entries;
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
  return entries
    .filter((entry) => entry.isDirectory() && isName(entry.name))
    .map((entry) => entry.name)
    .filter((name) => existsSync(`${directory}/${name}/${file}`));
}

/** The order of names that does not depend on anybody's language. */
export const byBytes = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Names of the containers that are defined (have a config file), sorted. */
export function listContainers(lxcpath: string): string[] {
  return namesWith(lxcpath, 'config').sort(byBytes);
}

/** Whether it has a configuration that the caller may see. */
export const isDefined = ({ config }: ContainerPaths): boolean => existsSync(config);

/** Names of the containers that have a monitor's socket, defined or not, sorted; the monitor may be dead. */
export function listActive(system: SystemConfig, lxcpath: string): string[] {
  return namesWith(storeRunDir(system, lxcpath), 'monitor.sock').sort(byBytes);
}
