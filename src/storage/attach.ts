/** Root filesystems on devices that the kernel may have to be told of first. */
import { existsSync } from 'node:fs';
import type { ContainerConfig, SystemConfig } from '../config/model.ts';
import { parseVolume } from './volume.ts';

const ON_DEVICES = new Set(['lvm', 'rbd']);

const rootfsOf = ({ rootfs }: ContainerConfig) => parseVolume(rootfs.path?.value ?? 'none');

/** Whether its device has gone, after a boot of the host say, and could be told of. */
export function lacksDevice(config: ContainerConfig): boolean {
  const { type, path } = rootfsOf(config);
  return ON_DEVICES.has(type) && process.geteuid?.() === 0 && !existsSync(path);
}

/**
 * Has the device of the container's root filesystem appear where it lacks it. The caller holds the container's lock: an image
 * that is mapped twice has two devices. Throws TLXC_E_STORAGE.
 */
export async function attachRootfs(
  config: ContainerConfig,
  { settings }: Pick<SystemConfig, 'settings'>,
): Promise<void> {
  if (!lacksDevice(config)) return;
  const { type, path } = rootfsOf(config);
  // What every start would load otherwise.
  const { backendNamed } = await import('./choose.ts');
  await backendNamed(type)?.attach?.(path, settings);
}
