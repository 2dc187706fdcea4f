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
  v1: controllers('lxc.cgroup.*', 'Written into this file of a v1 controller, such as memory.limit_in_bytes, where the host has it.'),
  v2: controllers('lxc.cgroup2.*', 'Written into this file of the unified hierarchy, such as memory.max, where the host has it.'),
};
