/** Control groups: where a container's groups lie and what is written into them. */
import { list, scalar } from '../key.ts';
import { relativePath } from '../values/plain.ts';
import { cgroupValue, otherCgroupFile } from '../values/security.ts';

const directory = (name: string, doc: string) =>
  scalar({ name, syntax: 'PATH', doc, parse: relativePath });

const controllers = (name: string, doc: string) =>
  list({
    name,
    syntax: 'VALUE',
    doc,
    parse: cgroupValue,
    show: ({ value }) => value,
    keep: otherCgroupFile,
  });

export const cgroup = {
  dir: directory('lxc.cgroup.dir', 'The directory below which the groups of container and monitor are made.'),
  container: directory('lxc.cgroup.dir.container', "The container's group, exactly."),
  monitor: directory('lxc.cgroup.dir.monitor', "The monitor's group, exactly."),
  pivot: directory('lxc.cgroup.dir.monitor.pivot', 'Where the monitor goes so that its own group can be removed.'),
  inner: directory(
    'lxc.cgroup.dir.container.inner',
    'A group below the limited one that the container sees as its root.',
  ),
  v1: controllers('lxc.cgroup.*', 'Written into a file of a v1 controller, where the host has it; memory.limit_in_bytes …'),
  v2: controllers('lxc.cgroup2.*', 'Written into a file of the unified hierarchy, where the host has it; memory.max …'),
};
