/** What the control groups of a running container hold. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MonitorCgroup } from '../../monitor/protocol.ts';
import { equalsOf } from '../../plan/cgroup-translation.ts';
import type { Live } from './live.ts';

function read({ mountPoint, limitGroup }: MonitorCgroup, file: string): string | undefined {
  try {
    return readFileSync(join(mountPoint, limitGroup, file), 'utf8')
      .trimEnd()
      .replaceAll('\n', ', ');
  } catch {
    return undefined; // the kernel does not have the file, or the container has just ended
  }
}

const has = ({ controllers, version }: MonitorCgroup, file: string): boolean => {
  const [controller = ''] = file.split('.');
  return controllers.includes(controller) || (version === 2 && controller === 'cgroup');
};

/** The file itself; where the host has the controller in the other world only, what it was translated to. */
const limit =
  (version: 1 | 2, prefix: string): Live =>
  ({ running: { cgroups } }, { key }) => {
    const file = key.slice(prefix.length).replace(/^devices\.(allow|deny)$/, 'devices.list');
    const home = cgroups.find((group) => group.version === version && has(group, file));
    if (home) return read(home, file);
    const shown = equalsOf(file, version).flatMap((equal) => {
      const [text] = cgroups.filter((group) => has(group, equal)).map((group) => read(group, equal));
      return text === undefined ? [] : [`${equal} ${text}`];
    });
    return shown.length > 0 ? shown.join(', ') : undefined;
  };

const group =
  (which: 'limitGroup' | 'innerGroup'): Live =>
  ({ running: { cgroups } }) =>
    cgroups[0]?.[which];

export const cgroupKeys: Readonly<Record<string, Live>> = {
  'lxc.cgroup.*': limit(1, 'lxc.cgroup.'),
  'lxc.cgroup2.*': limit(2, 'lxc.cgroup2.'),
  'lxc.cgroup.dir': group('limitGroup'),
  'lxc.cgroup.dir.container': group('limitGroup'),
  'lxc.cgroup.dir.container.inner': group('innerGroup'),
};
