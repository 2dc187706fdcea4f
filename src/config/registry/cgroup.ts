/** Control groups: where a container's groups lie and what is written into them. */
import { list, scalar } from '../key.ts';
import { flag, relativePath, showFlag } from '../values/plain.ts';
import { cgroupValue, otherCgroupFile, type CgroupValue } from '../values/security.ts';

/** Each bears its name and its `doc`. */
const directory = { syntax: 'PATH', parse: relativePath } as const;

const controllers = {
  syntax: 'VALUE',
  parse: cgroupValue,
  show: ({ value }: CgroupValue) => value,
  keep: otherCgroupFile,
} as const;

export const cgroup = {
  dir: scalar({
    ...directory,
    name: 'lxc.cgroup.dir',
    doc:
      'The group below which those of the container and of its monitor are made, as lxc.payload.NAME and lxc.monitor.NAME; ' +
      'it is made where it is missing, and stays. Without it they are tlxc/NAME and tlxc/.monitor, where all monitors are.',
  }),
  container: scalar({
    ...directory,
    name: 'lxc.cgroup.dir.container',
    doc:
      "The container's group, exactly, made for it: one that exists is never taken. Only together with " +
      'lxc.cgroup.dir.monitor, and not with lxc.cgroup.dir.',
  }),
  monitor: scalar({
    ...directory,
    name: 'lxc.cgroup.dir.monitor',
    doc: "The group of the container's monitor, exactly; removed at the end if nothing else is in it.",
  }),
  pivot: scalar({
    ...directory,
    name: 'lxc.cgroup.dir.monitor.pivot',
    doc:
      'At the end of the container its monitor goes into the group lxc.pivot below this one, so that its own can be removed; ' +
      'that one stays. Until then it is in tlxc/.monitor/NAME, where neither lxc.cgroup.dir nor lxc.cgroup.dir.monitor says otherwise. Without this key it goes to tlxc/.monitor.',
  }),
  inner: scalar({
    ...directory,
    name: 'lxc.cgroup.dir.container.inner',
    doc:
      'The group below lxc.cgroup.dir.container that the container sees as its root, and cannot leave; the limits sit on the ' +
      'outer one. Without it, and in every other layout, that group is called ns.',
  }),
  relative: scalar({
    name: 'lxc.cgroup.relative',
    syntax: '0|1',
    fallback: '0',
    doc:
      "1: all groups are made below the caller's own group in each hierarchy instead of its root. In cgroup v2 a group with " +
      'processes hands no controllers down: there the command must be alone in its group for limits to be set, as it is after ' +
      'systemd-run --scope -p Delegate=yes.',
    parse: flag,
    show: showFlag,
  }),
  v1: list({
    ...controllers,
    name: 'lxc.cgroup.*',
    doc:
      'Written, in the order of the lines, into this file of a cgroup v1 controller, such as lxc.cgroup.memory.limit_in_bytes, ' +
      'before init runs; an empty value forgets the lines of that file. Where the host has the controller as cgroup v2, its ' +
      'equal there is written (cpu.shares 1024 is cpu.weight 100, as in the kernel), unless an lxc.cgroup2 line sets that; ' +
      'what has no equal is not set, with a warning. devices.allow and devices.deny make the list of devices: a, or ' +
      'TYPE MAJOR:MINOR ACCESS, where * is any number. What is known of a file is checked when the configuration is read; ' +
      'of all others the kernel is the judge, when the container starts.',
  }),
  v2: list({
    ...controllers,
    name: 'lxc.cgroup2.*',
    doc:
      'Written into this file of the unified hierarchy, such as lxc.cgroup2.memory.max, as lxc.cgroup.* is, and translated ' +
      'the same way where the host has the controller as cgroup v1. devices.allow and devices.deny become a program in the kernel.',
  }),
};
