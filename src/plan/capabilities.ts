/** lxc.cap.drop and lxc.cap.keep: the capabilities left in the container's bounding set. */
import type { Sourced } from '../config/model.ts';
import { CAPABILITY_NAMES } from '../host/capabilities.ts';
import type { Compilation } from './input.ts';

/** Kept names in the kernel's order, lower case, without CAP_. */
export function keptCapabilities({ config, host }: Compilation): string[] {
  // A new user namespace begins with a full set, whatever the host's own processes have lost.
  const available = config.idmap.length > 0 ? host.capabilities : host.boundingCapabilities;
  const named = new Set((config.capKeep ?? config.capDrop).map((each) => nameOf(each.value)));
  return available.filter((name) => named.has(name) === (config.capKeep !== null));
}

/** Refuses names no kernel has; says when a kept one cannot be had here. */
export function checkCapabilities({ config, host, findings }: Compilation): void {
  const available = config.idmap.length > 0 ? host.capabilities : host.boundingCapabilities;
  const check = (each: Sourced<string>, key: string): boolean => {
    if (CAPABILITY_NAMES.includes(nameOf(each.value))) return true;
    findings.refuse(
      each.at,
      `${key}: ${JSON.stringify(each.value)} is not a capability (see capabilities(7))`,
    );
    return false;
  };
  for (const each of config.capDrop) check(each, 'lxc.cap.drop');
  for (const each of config.capKeep ?? [])
    if (check(each, 'lxc.cap.keep') && !available.includes(nameOf(each.value)))
      findings.warn(each.at, `lxc.cap.keep: ${each.value}: not kept, this host does not have it to give`);
}

/** Numbers are taken as well as names, as LXC does. */
function nameOf(written: string): string {
  return /^\d+$/.test(written) ? (CAPABILITY_NAMES[Number(written)] ?? written) : written;
}
