/** lxc.cap.drop and lxc.cap.keep: the capabilities left in the container's bounding set. */
import type { Compilation } from './input.ts';

/** A new user namespace begins with a full set, whatever the host's own processes have lost. */
function availableCapabilities({ config, host }: Compilation): readonly string[] {
  return config.idmap.length > 0 ? host.capabilities : host.boundingCapabilities;
}

/** Kept names in the kernel's order, lower case, without CAP_. */
export function keptCapabilities(compilation: Compilation): string[] {
  const { capKeep, capDrop } = compilation.config;
  const named = new Set((capKeep ?? capDrop).map((each) => each.value));
  return availableCapabilities(compilation).filter((name) => named.has(name) === (capKeep !== null));
}

/** Says when a capability is to be kept that cannot be had here. */
export function checkCapabilities(compilation: Compilation): void {
  const available = availableCapabilities(compilation);
  for (const { value, at } of compilation.config.capKeep ?? [])
    if (!available.includes(value))
      compilation.findings.warn(at, `lxc.cap.keep: ${value} is not kept, this host does not have it to give`);
}
