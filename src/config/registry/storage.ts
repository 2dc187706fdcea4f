/** The root filesystem and what is mounted in it. */
import { list, scalar } from '../key.ts';
import { absolutePath, flag, hostPath, showFlag, volatileSize, words } from '../values/plain.ts';
import { autoMounts, mergeAutoMounts, mountEntry, showAutoMount, showMountEntry } from '../values/mount.ts';
import { lxcfs, LXCFS_WORDS } from '../values/lxcfs.ts';
import { rootfsOptions, rootfsPath, withoutType } from '../values/rootfs.ts';

const ENTRY = 'SOURCE TARGET TYPE OPTIONS [0 0]';

export const storage = {
  path: scalar({
    name: 'lxc.rootfs.path',
    syntax: '[TYPE:]PATH|none',
    doc:
      'The root filesystem: a directory (dir:PATH), a btrfs subvolume (btrfs:PATH), overlay:LOWER[:LOWER…]:UPPER, ' +
      'where LOWER may be a squashfs or erofs image (a file that only root can write), or ' +
      "loop:FILE, an image of a filesystem, lvm:DEVICE or rbd:DEVICE, which hold one, or zfs:DATASET; none is the host's own. " +
      'Storage of type nbd is refused.',
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
    doc:
      'Mount options of the root filesystem: attributes (ro nosuid nodev noexec noatime nodiratime relatime strictatime ' +
      'nosymfollow), propagation (rslave: what the host mounts below it later shows inside; without, nothing does), ' +
      'for overlay and loop also options of the filesystem. idmap=container maps its ids with the user namespace of the ' +
      'container, idmap=PATH with that of a file such as /proc/PID/ns/user.',
    parse: rootfsOptions,
    show: (options) => options.join(','),
  }),
  managed: scalar({
    name: 'lxc.rootfs.managed',
    syntax: '0|1',
    fallback: '1',
    doc:
      'With 0 the root filesystem belongs to somebody else: tlxc-destroy runs the destroy hooks, and leaves it and the ' +
      'container where they are, untouched.',
    parse: flag,
    show: showFlag,
  }),
  volatile: scalar({
    name: 'tlxc.rootfs.volatile',
    syntax: '0|1|SIZE',
    fallback: '0',
    doc:
      'Keeps what the container changes in its root filesystem in memory, on a tmpfs over the root filesystem of ' +
      'lxc.rootfs.path, which is never written: each start begins with the same files, a restart from inside too. SIZE ' +
      '(512MB, 2GB) is what the changes may take; 1 leaves it at half of the memory of the host. For dir, btrfs and overlay, and over an ' +
      'image of squashfs or erofs.',
    parse: volatileSize,
    show: (bytes) => (bytes > 1 ? `${bytes}B` : String(bytes)),
  }),
  auto: list({
    name: 'lxc.mount.auto',
    syntax: 'TOKEN …',
    doc:
      'Mounts the filesystems of the kernel. proc[:mixed]: /proc, with /proc/sys and /proc/sysrq-trigger read-only; ' +
      'proc:rw: all of it writable. sys[:mixed]: /sys read-only but for /sys/devices/virtual/net; sys:ro, sys:rw. ' +
      'cgroup[-full][:mixed|:ro|:rw][:force]: the control groups of the container below /sys/fs/cgroup; on hosts with ' +
      'cgroup version 1 only for an init that may not mount them itself, unless :force; a systemd of 258 or later in a directory or overlay gets version 2 alone. cgroup2[:ro][:force]: the hierarchy ' +
      'of version 2, and no other. shmounts:HOST[:CONTAINER]: a tunnel for mounts: what the host mounts below the ' +
      'directory HOST, which must lie on a shared mount, shows in the running container below CONTAINER ' +
      '(/dev/.lxc-mounts). A token replaces earlier ones of its family.',
    parse: autoMounts,
    show: showAutoMount,
    joinedBy: ' ',
    merge: mergeAutoMounts,
  }),
  entry: list({
    name: 'lxc.mount.entry',
    syntax: ENTRY,
    doc:
      'A mount, as a line of fstab(5). TARGET is below the root filesystem; an absolute one must begin with the path of ' +
      'the root filesystem or LXCPATH/NAME/rootfs, or the line is left out with a warning; no component of it may be a ' +
      'symbolic link. OPTIONS are those of mount(8), its propagation flags, and: optional (a mount that fails is left out), ' +
      'create=dir and create=file (the target is made where it is missing), relative (SOURCE lies in the root filesystem), ' +
      'idmap=container and idmap=PATH (a bind whose ids are mapped with a user namespace), owner=UID:GID (a bind whose files, ' +
      'as far as they belong to the owner and group that SOURCE has, are in the container those of the numbers UID and GID, ' +
      'and the other way round for what these make there; everybody else is nobody in it, root too, and makes nothing). ' +
      'A bind keeps what the mount of its source forbids; dev takes nodev back in a container without lxc.idmap. move moves the mount SOURCE with all ' +
      'below it. remount with the SOURCE none changes what is mounted at TARGET.',
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
  lxcfs: scalar({
    name: 'tlxc.mount.lxcfs',
    syntax: 'auto|0|1',
    fallback: '0',
    doc:
      'Lays the files of lxcfs over /proc and /sys/devices/system/cpu, so that free, nproc, top and uptime tell of the ' +
      'container and its limits, and not of the host. auto: where lxcfs runs on the host when the container starts; 1: a start without it is ' +
      'refused. Where a hook or a mount of the configuration lays them there, nothing is done twice. Those that a container ' +
      'has stay when lxcfs is reloaded; after it has ended they fail until the container is started again, or reboots.',
    parse: lxcfs,
    show: (value) => LXCFS_WORDS[value],
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
