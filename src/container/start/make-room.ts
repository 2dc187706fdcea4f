/**
 * Room for a container below the caller's own v2 control group: one that holds processes can hand no controllers down, so
 * the command that is alone in its group (systemd-run --scope -p Delegate=yes) goes to where the monitors are.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFacts } from '../../host/facts.ts';
import type { StartPlan } from '../../plan/types.ts';

/** Does nothing where the plan's groups lie elsewhere, or others are in the group, too: then a limit there fails by name. */
export function makeRoom({ cgroups }: StartPlan, host: HostFacts): void {
  const mount = host.cgroups.find(({ version }) => version === 2);
  const place = cgroups.hierarchies.find(({ version }) => version === 2);
  if (!mount || mount.ownGroup === '' || !place?.limitGroup.startsWith(`${mount.ownGroup}/`)) return;
  try {
    const inside = readFileSync(join(mount.mountPoint, mount.ownGroup, 'cgroup.procs'), 'utf8').trim();
    if (inside !== String(process.pid)) return;
    const pivot = join(mount.mountPoint, place.pivotGroup);
    mkdirSync(pivot, { recursive: true });
    writeFileSync(join(pivot, 'cgroup.procs'), String(process.pid));
  } catch {
    // without the right to: as if others were in the group
  }
}
