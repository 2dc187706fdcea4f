/** What a kernel release can do, where the kernel offers no cheaper question. */

/** True when release ("6.1.0-18-amd64"; modules of their own are numbered so, too) is at least major.minor. */
export function kernelAtLeast(release: string, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (foundMajor === undefined || foundMinor === undefined) return false;
  return Number(foundMajor) > major || (Number(foundMajor) === major && Number(foundMinor) >= minor);
}

/** mount_setattr(2) with MOUNT_ATTR_IDMAP: Linux 5.12. */
export const hasIdmappedMounts = (release: string) => kernelAtLeast(release, 5, 12);

/** Overlay on idmapped lower layers: Linux 5.19. */
export const hasOverlayOnIdmapped = (release: string) => kernelAtLeast(release, 5, 19);

/** True when the text of /proc/filesystems names fstype. Modules not loaded yet are not listed. */
export function filesystemKnown(filesystems: string, fstype: string): boolean {
  return filesystems.split('\n').some((line) => line.split('\t').at(-1) === fstype);
}

/** IFLA_BRPORT_LOCKED: before it, the kernel passes over the attribute without a word. */
export const hasLockedPorts = (release: string) => kernelAtLeast(release, 5, 18);
