/** What can be had where TLXC runs in an unprivileged container itself. */
import { allMounts, type Mount } from '../../mountinfo.ts';
import type { HostFacts } from '../facts.ts';
import { fine, problem, warning, type Finding } from '../finding.ts';

/** How many ids a system in a container expects. */
const ENOUGH = 65_536;

const LACKING = 'no device nodes, device lists, id-mapped mounts, and nothing on devices or in image files';

/** Directories of /proc and /sys that hold nothing themselves: what is mounted on them hides nothing. */
const EMPTY =
  /^\/(sys\/fs\/binfmt_misc|fs\/(cgroup|bpf|pstore|fuse\/connections)|kernel\/(debug|tracing|security|config))$/;

/** One that nothing is hidden in: only who sees such a one may mount another. */
function isWhole(mount: Mount, all: readonly Mount[]): boolean {
  const below = `${mount.point.replace(/\/$/, '')}/`;
  return (
    mount.root === '/' &&
    !all.some(({ point }) => point.startsWith(below) && !EMPTY.test(point.slice(below.length - 1)))
  );
}

function ids({ nested, user }: Pick<HostFacts, 'nested' | 'user'>): Finding {
  const what = 'inside a container';
  const counts = [nested?.uids ?? [], nested?.gids ?? []].map((spans) =>
    spans.reduce((sum, { count }) => sum + count, 0),
  );
  const had = Math.min(...counts);
  const found = `it is unprivileged, of ${had} ids`;
  if (had < ENOUGH)
    return warning(
      what,
      `${found}: a system in a container expects ${ENOUGH}`,
      'give it more in its configuration on its host (lxc.idmap)',
    );
  return fine(what, `${found}${user === null ? ', which its containers share' : ''}; ${LACKING}`);
}

/** Nothing on a host, and in a privileged container. */
export function nestedFindings(
  host: Pick<HostFacts, 'nested' | 'user'>,
  mounts: () => readonly Mount[] = allMounts,
): Finding[] {
  if (host.nested === null) return [];
  const all = mounts();
  const hidden = ['proc', 'sysfs'].filter(
    (type) => !all.some((mount) => mount.type === type && isWhole(mount, all)),
  );
  if (hidden.length === 0) return [ids(host)];
  return [
    ids(host),
    problem(
      'proc and sysfs',
      `parts of ${hidden.join(' and of ')} are hidden here, so the kernel lets no container mount its own`,
      'lxc.include = /usr/share/tlxc/config/nesting.conf (with LXC /usr/share/lxc/config/nesting.conf), last in its configuration on its host',
    ),
  ];
}
