/** The kernel itself: namespaces, id-mapped mounts, overlay, seccomp. */
import { existsSync } from 'node:fs';
import type { HostFacts } from '../facts.ts';
import { fine, problem, warning, type Finding } from '../finding.ts';

const NAMESPACES = ['user', 'mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'time'];
/** Containers can do without. */
const DISPENSABLE = ['time', 'cgroup'];

function namespaces(): Finding {
  const missing = NAMESPACES.filter((name) => !existsSync(`/proc/self/ns/${name}`));
  if (missing.length === 0) return fine('namespaces', NAMESPACES.join(' '));
  const make = missing.every((name) => DISPENSABLE.includes(name)) ? warning : problem;
  return make(
    'namespaces',
    `the kernel lacks ${missing.join(', ')}`,
    'boot a kernel that has them: tlxc-checkconfig',
  );
}

export function kernelFindings(host: HostFacts): Finding[] {
  const { kernelRelease, idmappedMounts, overlay, seccomp } = host;
  const features = [
    [idmappedMounts, 'id-mapped mounts'],
    [overlay, 'overlay'],
    [seccomp, 'seccomp'],
  ] as const;
  const missing = features.flatMap(([has, name]) => (has ? [] : [name]));
  const kernel =
    missing.length === 0
      ? fine('kernel', `${kernelRelease}: ${features.map(([, name]) => name).join(', ')}`)
      : warning(
          'kernel',
          `${kernelRelease} lacks ${missing.join(', ')}`,
          'a newer kernel (5.19 has all of them) lets unprivileged containers be made in an instant',
        );
  return [kernel, namespaces()];
}
