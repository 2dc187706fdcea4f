/** What root filesystems take, as far as somebody counts: no tree is ever walked for it. */
import type { ContainerConfig } from '../../config/model.ts';
import type { VolumeUsage } from '../../storage/backend.ts';
import { backendNamed } from '../../storage/choose.ts';
import { volumeAt } from '../../storage/volume-at.ts';

/**
 * Of each, in their order; null: there is none, or its backing store keeps no count, or does not tell this caller. A backing
 * store with a tool of its own is asked once for all of them. Never throws.
 */
export async function diskUsagesOf(
  configs: readonly (ContainerConfig | null)[],
): Promise<readonly (VolumeUsage | null)[]> {
  const volumes = configs.map((config) => volumeAt(config?.rootfs.path?.value ?? 'none'));
  const usages = new Map<string, VolumeUsage | null>();
  const askFor = async (type: string): Promise<void> => {
    const paths = volumes.filter((volume) => volume.type === type).map(({ path }) => path);
    const told = await usagesIn(type, paths);
    for (const [index, path] of paths.entries()) usages.set(`${type}:${path}`, told[index] ?? null);
  };
  await Promise.all([...new Set(volumes.map(({ type }) => type))].map(askFor));
  return volumes.map(({ type, path }) => usages.get(`${type}:${path}`) ?? null);
}

async function usagesIn(type: string, paths: readonly string[]): Promise<readonly (VolumeUsage | null)[]> {
  try {
    return (await backendNamed(type)?.usage?.(paths)) ?? [];
  } catch {
    return []; // its tool is not installed, say: what the others have to tell is told
  }
}
