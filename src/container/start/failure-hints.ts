/** What to do about the failures of a start that people meet, the first that fits. */
import { dirname } from 'node:path';
import type { FailedMessage, Hint } from './hint.ts';
import { FORWARD_HINTS } from './forward-hints.ts';
import { NETWORK_HINTS } from './network-hints.ts';
import { readOnlyHint } from '../../room.ts';

const HINTS: readonly Hint[] = [
  {
    step: /rootfs|mount/,
    syscall: /mount_setattr/,
    errno: /EINVAL|EPERM|EOPNOTSUPP/,
    hint: ({ path }) =>
      `the filesystem of ${path || 'the root filesystem'} takes no id-mapped mounts: keep the container on ` +
      'ext4, xfs, btrfs or tmpfs (another -P), or create it as a privileged one (--privileged); in an unprivileged ' +
      'container only a tmpfs of its own takes any',
  },
  { step: /^rootfs overlay$/, detail: /is read-only$/, hint: ({ path }) => readOnlyHint(path) },
  ...NETWORK_HINTS,
  ...FORWARD_HINTS,
  {
    step: /^init directory$/,
    errno: /^ELOOP$/,
    hint: 'a link in /proc may lead out of the container: name the directory itself',
  },
  {
    step: /^standard streams$/,
    hint:
      'this is the /dev of the container: with lxc.console.path = none its init writes to the null device there. ' +
      'Take that line away, have lxc.autodev = 1, or bind one: lxc.mount.entry = /dev/null dev/null none bind,create=file 0 0',
  },
  {
    step: /^init$/,
    errno: /ENOENT/,
    hint: 'the root filesystem has no such program, or not the interpreter or loader it names: see lxc.init.cmd',
  },
  {
    step: /^init$/,
    errno: /ENOEXEC/,
    hint: 'the program is no executable of this machine: is the image of another architecture?',
  },
  {
    step: /^init$/,
    errno: /EACCES/,
    hint: 'the program is not executable, or a directory above it is closed to the container',
  },
  {
    step: /^cgroup$/,
    syscall: /^fchown/,
    errno: /EINVAL/,
    hint: 'lxc.idmap names ids that this host, itself a container, does not have (/proc/self/uid_map): give this one more on its own host, or write ids that it has; tlxc-create does',
  },
  {
    step: /^cgroup$/,
    errno: /EROFS|EACCES|EPERM/,
    hint: () =>
      process.geteuid?.() === 0
        ? 'the cgroup filesystem is not writable here: mount -o remount,rw, or in a container lxc.mount.auto = cgroup:rw of its own configuration, makes it so'
        : 'the cgroup filesystem is not writable here: start it as root',
  },
  {
    step: /^cgroup$/,
    errno: /EEXIST/,
    hint: ({ path }) =>
      `the configuration names this very group, and it may be somebody's: remove it (rmdir ${path}/* ${path}) or name another`,
  },
  {
    step: /^cgroup$/,
    syscall: /^write$/,
    errno: /ENOENT/,
    hint: ({ path }) =>
      path.endsWith('/blkio.weight')
        ? 'this file went with the CFQ scheduler in Linux 5.0: blkio.bfq.weight is what weighs block devices now'
        : 'this kernel has no such file, or (cgroup v2) a group above does not hand its controller down: ' +
          'see cgroup.controllers and cgroup.subtree_control there',
  },
  {
    step: /^cgroup$/,
    syscall: /^write$/,
    errno: /EINVAL/,
    detail: /^$/,
    hint: ({ path }) =>
      path.endsWith('/cpu.rt_runtime_us')
        ? `a group gives only the realtime of its own away: write it to cpu.rt_runtime_us of ${dirname(dirname(path))} first`
        : '',
  },
  {
    step: /^cgroup$/,
    syscall: /^write$/,
    errno: /ERANGE/,
    hint: ({ path }) =>
      /\/cpuset\.(cpus|mems)$/.test(path)
        ? 'the host has the processors in /sys/devices/system/cpu/online, and the memory in /sys/devices/system/node/online'
        : '',
  },
  {
    step: /^cgroup$/,
    errno: /ENOSPC/,
    hint: 'a group without cpuset.cpus and cpuset.mems takes no process, and the kernel has only so many groups: look for empty ones',
  },
  { step: /^cgroup$/, errno: /EBUSY/, hint: 'processes are in the group already: another container uses it' },
  {
    step: /^cgroup$/,
    errno: /ENOMEM/,
    hint: 'a memory limit of the group, or of one above it, leaves no room',
  },
  {
    step: /^(mount|directory|symlink|device|readonly|mask|terminals)$/,
    errno: /ENOSPC|EDQUOT/,
    hint: "the container's root filesystem is full (tlxc-info -S tells its use), or fs.mount-max is reached",
  },
  { step: /^rootfs/, errno: /ENOENT/, hint: 'the path in lxc.rootfs.path does not exist' },
  {
    step: /^mount$/,
    syscall: /^open_tree$/,
    errno: /EINVAL/,
    hint: 'something is mounted below it, which an unprivileged container may not uncover: write rbind for bind',
  },
  {
    step: /^mount$/,
    detail: /only a mount can be moved/,
    hint: 'write bind for move, or name what something is mounted on',
  },
  {
    step: /^mount$/,
    errno: /ENOTBLK/,
    hint: 'this filesystem needs a block device: put the file behind one (losetup -f --show FILE) and name that',
  },
  {
    step: /^mount$/,
    syscall: /^openat2$/,
    errno: /ENOENT/,
    hint: 'create=dir or create=file among its options makes it; optional skips the entry',
  },
  {
    step: /^mount$/,
    errno: /ENOENT/,
    hint: 'what is to be mounted does not exist on the host; the option "optional" skips the entry',
  },
  {
    step: /^(mount|rootfs)$/,
    errno: /ENODEV/,
    hint: 'this kernel does not know the filesystem type: is its module there (modprobe)?',
  },
  {
    step: /^(mount|sysctl)$/,
    errno: /EPERM/,
    detail: /too revealing/,
    hint:
      'this host hides a part of its own /proc or /sys, as one that is a container does: where it is made, its configuration needs ' +
      'lxc.include = /usr/share/tlxc/config/nesting.conf (with LXC /usr/share/lxc/config/nesting.conf)',
  },
  {
    step: /^mount$/,
    errno: /EPERM/,
    hint: 'a container without privileges may not mount this: mount it on the host, and bind it',
  },
  {
    step: /^(mount|directory)$/,
    syscall: /^(mkdirat|openat2?|mknodat)$/,
    errno: /^(EACCES|EOVERFLOW)$/,
    hint: ({ path }) =>
      `root in the container may not write there: where ${path || 'its root filesystem'} belongs to root of the host, ` +
      'lxc.rootfs.options = idmap=container gives it to the container',
  },
  {
    step: /^(mount|device|directory|readonly)$/,
    errno: /ELOOP/,
    hint: 'nothing is mounted or made through a symbolic link: name the place that it leads to',
  },
  {
    step: /^terminals$/,
    errno: /ELOOP/,
    hint: 'a link of the root filesystem lies in its place: remove it there, or lxc.autodev = 1 has a /dev of its own made',
  },
  { step: /^namespaces$/, errno: /EPERM/, hint: 'this takes root, or unprivileged user namespaces' },
  { step: /^namespaces$/, errno: /ENOSPC/, hint: 'a limit in /proc/sys/user/max_*_namespaces is reached' },
  { step: /^share namespace$/, errno: /ENOENT/, hint: 'no such process or namespace file' },
  {
    step: /^share namespace$/,
    detail: /another/,
    hint: 'the process has ended meanwhile, and its pid is of another one: start the container again',
  },
  { step: /^share namespace$/, errno: /EPERM|EACCES/, hint: "this takes root, or a namespace of one's own" },
  {
    step: /^sysctl$/,
    errno: /ENOENT/,
    hint: 'this kernel has no such parameter, or has it for the host alone',
  },
  {
    step: /^sysctl$/,
    errno: /EXDEV/,
    hint: 'something is mounted over it in the /proc here, as in a container: with a PID namespace of its own it can be written',
  },
  { step: /^sysctl$/, errno: /EINVAL|ERANGE/, hint: 'the kernel does not take this value' },
  { step: /^sysctl$/, errno: /EACCES|EPERM/, hint: "this kernel leaves the parameter to the host's root" },
  {
    step: /^clocks$/,
    errno: /ERANGE/,
    hint: 'a clock cannot be set to before zero, which is when the host was started, nor beyond 146 years',
  },
  {
    step: /^limit$/,
    errno: /EPERM/,
    hint: "to raise a limit above the caller's takes CAP_SYS_RESOURCE; nofile is never above /proc/sys/fs/nr_open",
  },
  {
    step: /^proc$/,
    errno: /ENOENT/,
    hint: 'the names are those of the files in /proc/PID, see proc(5)',
  },
  { step: /^proc$/, errno: /EINVAL/, hint: 'the kernel does not take this value' },
  {
    step: /^proc$/,
    errno: /EACCES|EPERM/,
    hint: 'the file is not to be written, or not to this value without CAP_SYS_RESOURCE',
  },
  { step: /^selinux$/, errno: /EINVAL/, hint: 'the policy has no such context, or the kernel no SELinux' },
  {
    step: /^idmap$/,
    errno: /EPERM/,
    hint: 'the ids of lxc.idmap must be given to this user in /etc/subuid and /etc/subgid',
  },
  {
    step: /^apparmor$/,
    errno: /ENOENT/,
    hint: 'the kernel knows no such profile: load it with apparmor_parser, see lxc.apparmor.profile',
  },
  {
    step: /^plan$/,
    detail: /unknown field|missing/,
    hint: 'tlxc-monitor is of another version than this command: install the package anew (in a clone: npm run build)',
  },
  { step: /^hook/, detail: /timeout/, hint: 'the hook ran too long and was killed' },
  { step: /^hook/, detail: /^exit 12[67]\b/, hint: 'the command does not exist or is not executable' },
  { step: /^hook/, detail: /: ./, hint: 'mend what it complains of, or take its line out' },
];

/** A hint for the failure, "" where none is known. */
export function failureHint(failed: FailedMessage, errno: string): string {
  const found = HINTS.find(
    (entry) =>
      entry.step.test(failed.step) &&
      (entry.errno?.test(errno) ?? true) &&
      (entry.syscall?.test(failed.syscall) ?? true) &&
      (entry.detail?.test(failed.detail) ?? true),
  );
  if (!found) return '';
  return typeof found.hint === 'string' ? found.hint : found.hint(failed);
}
