/** Root filesystems on devices that the kernel may have to be told of first. */
import type { ContainerConfig, SystemConfig } from '../config/model.ts';
import { parseVolume } from './volume.ts';

const ON_DEVICES = new Set(['lvm', 'rbd']);

/** Has the device of the container's root filesystem appear where it has gone, after a boot of the host. Throws TLXC_E_STORAGE. */
export async function attachRootfs(
  { rootfs }: ContainerConfig,
  { settings }: Pick<SystemConfig, 'settings'>,
): Promise<void> {
  const { type, path } = parseVolume(rootfs.path?.value ?? 'none');
  if (!ON_DEVICES.has(type) || process.geteuid?.() !== 0) return;
  // What every start would load otherwise.
  const { backendNamed } = await import('./choose.ts');
  await backendNamed(type)?.attach?.(path, settings);
}
