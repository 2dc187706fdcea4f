/** Files that come with TLXC. Containers name them below /usr/share/tlxc, wherever the package really lies. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../package-root.ts';

/** What configurations and image metadata write. */
export const SHIPPED_CONFIG = '/usr/share/tlxc/config';

/**
 * The path itself where it exists; else, for a path below /usr/share/tlxc/config, the same file of this package. So a
 * container keeps working when the package moves, and an administrator's own files go before the package's.
 */
export function shippedPath(path: string): string {
  if (!path.startsWith(`${SHIPPED_CONFIG}/`) || existsSync(path)) return path;
  return join(packageRoot, 'config', path.slice(SHIPPED_CONFIG.length));
}

/** Whether a configuration file came with TLXC, wherever it lies. */
export const isShipped = (file: string): boolean =>
  file.startsWith(`${SHIPPED_CONFIG}/`) || file.startsWith(`${join(packageRoot, 'config')}/`);
