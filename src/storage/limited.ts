/** Directory trees that are kept to a size, by project quotas. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import { TlxcError } from '../errors.ts';
import type { HostFacts } from '../host/facts.ts';
import { kernelAtLeast } from '../host/kernel.ts';
import { limitTree, quotaObstacle, treeAccount } from '../host/project-quota.ts';
import type { Circumstances, VolumeOptions, VolumeUsage } from './backend.ts';

/** What every such obstacle begins with. */
export const NO_SIZE = 'cannot be kept to a size';

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

/** Why what is asked for cannot be; null: it can. In words that follow "backing store NAME". */
export function sizeObstacle(
  { host, idmapped, lxcpath }: Circumstances,
  { fssize, dir }: VolumeOptions,
): string | null {
  if (fssize === undefined) return null;
  const why = ownObstacle(host, idmapped) ?? quotaObstacle(realpathSync(existing(dir ?? lxcpath)));
  return why === null ? null : `${NO_SIZE}: ${why}`;
}

function ownObstacle({ user, nested, kernelRelease }: HostFacts, idmapped: boolean): string | null {
  if (user !== null) return "only root may set a project's limit";
  if (nested !== null) return "in an unprivileged container nobody may set a project's limit";
  if (!idmapped) return 'the root of a privileged container could take its files out of the project';
  return kernelAtLeast(kernelRelease, 5, 14) ? null : `Linux ${kernelRelease} has no quotactl_fd (5.14 has)`;
}

const FULL = /No space left on device|Disk quota exceeded/;

const tooSmall = (error: TlxcError['details']): TlxcError =>
  new TlxcError({ ...error, hint: 'it holds more: give it more (--fssize)' });

/** Says so where a copy found no room in what it was to fill. */
export async function withinSize<T>(copying: Promise<T>): Promise<T> {
  try {
    return await copying;
  } catch (error) {
    throw error instanceof TlxcError && FULL.test(error.message) ? tooSmall(error.details) : error;
  }
}

/**
 * Has `fill` fill the empty directory, which is kept to so many bytes from now on; undefined: to none. Throws
 * TLXC_E_STORAGE, also where it was not kept to it: ext4 lets who has CAP_SYS_RESOURCE on the host write on.
 */
export async function fillLimited(
  directory: string,
  size: number | undefined,
  fill: () => Promise<void>,
): Promise<void> {
  if (size === undefined) return fill();
  limitTree(directory, size);
  await withinSize(fill());
  if ((treeAccount(directory)?.bytes ?? 0) <= size) return;
  const message = `what was copied to ${directory} is larger than ${size} bytes`;
  throw tooSmall({ code: 'TLXC_E_STORAGE', message, path: directory });
}

/** null: it is kept to no size, so that nobody counts. */
export function usageOfTree(directory: string): VolumeUsage | null {
  const account = treeAccount(directory);
  return account && { used: account.bytes, limit: account.limit };
}
