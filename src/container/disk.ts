/** What root filesystems take, as far as somebody counts: no tree is ever walked for it. */
import type { ContainerConfig } from '../config/model.ts';
import type { VolumeUsage } from '../storage/backend.ts';
import { backendNamed } from '../storage/choose.ts';
import { parseVolume } from '../storage/volume.ts';

/** null: its backing store keeps no count, or does not tell this caller. Never throws. */
export async function diskUsageOf({ rootfs }: ContainerConfig): Promise<VolumeUsage | null> {
  const { type, path } = parseVolume(rootfs.path?.value ?? 'none');
  try {
    return (await backendNamed(type)?.usage?.(path)) ?? null;
  } catch {
    return null; // its tool is not installed, say: what the others have to tell is told
  }
}
