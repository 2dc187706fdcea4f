/** What --json says of a container that a command has made. */
import type { SystemConfig } from '../config/model.ts';
import { containerPaths } from '../container/paths.ts';
import { jsonText } from './printable.ts';

/** One JSON object: what it is called, and where it is. */
export function madeJson(system: SystemConfig, lxcpath: string, name: string): string {
  const { dir: directory, config } = containerPaths(system, lxcpath, name);
  return jsonText({ name, lxcpath, directory, config });
}
