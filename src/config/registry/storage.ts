/** The root filesystem and what is mounted in it. */
import { list, scalar } from '../key.ts';
import { absolutePath, hostPath, words } from '../values/plain.ts';
import { autoMounts, mergeAutoMounts, mountEntry, showAutoMount, showMountEntry } from '../values/mount.ts';
import { rootfsOptions, rootfsPath, withoutType } from '../values/rootfs.ts';

const ENTRY = 'SOURCE TARGET TYPE OPTIONS [0 0]';

export const storage = {
  path: scalar({
    name: 'lxc.rootfs.path',
    syntax: '[TYPE:]PATH|none',
    doc: "The root filesystem: a directory, or overlay:LOWER[:LOWER…]:UPPER; none is the host's own.",
    parse: rootfsPath,
    show: withoutType,
  }),
  mount: scalar({
    name: 'lxc.rootfs.mount',
    syntax: 'DIRECTORY',
    doc: 'Where the root filesystem is put together before the container enters it.',
    parse: absolutePath,
  }),
  options: scalar({
    name: 'lxc.rootfs.options',
    syntax: 'OPTION,…',
    doc: 'Mount options of the root filesystem (ro, noatime …); idmap=container maps its ids.',
    parse: rootfsOptions,
    show: (options) => options.join(','),
  }),
  auto: list({
    name: 'lxc.mount.auto',
    syntax: 'TOKEN …',
    doc: 'Mounts proc, sys and cgroup filesystems: proc[:mixed|:rw] sys[:mixed|:ro|:rw] cgroup[-full][:mixed|:ro|:rw][:force].',
    parse: autoMounts,
    show: showAutoMount,
    joinedBy: ' ',
    merge: mergeAutoMounts,
  }),
  entry: list({
    name: 'lxc.mount.entry',
    syntax: ENTRY,
    doc: 'A mount, as a line of fstab(5); options besides those of mount: optional, create=dir, create=file, relative.',
    parse: (value, context) => [{ text: value, mount: mountEntry(value, context) }],
    show: (value) => value.text,
  }),
  fstab: scalar({
    name: 'lxc.mount.fstab',
    syntax: 'FILE',
    doc: 'A file of mounts in the form of fstab(5), made before those of lxc.mount.entry.',
    parse: hostPath,
  }),
  base: list({
    name: 'tlxc.mount.base',
    syntax: ENTRY,
    doc: 'A mount of the profile, made before all others of the configuration; an empty value removes these and no other.',
    parse: (value, context) => [mountEntry(value, context)],
    show: showMountEntry,
  }),
  masked: list({
    name: 'tlxc.mount.masked',
    syntax: 'PATH …',
    doc: 'Files and directories inside that are hidden behind empty ones; what does not exist is passed over.',
    parse: (value) => words(value).map(absolutePath),
  }),
  readonly: list({
    name: 'tlxc.mount.readonly',
    syntax: 'PATH …',
    doc: 'Files and directories inside that are made read-only; what does not exist is passed over.',
    parse: (value) => words(value).map(absolutePath),
  }),
};
