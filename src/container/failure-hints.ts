/** What to do about the failures of a start that people meet, the first that fits. */
import type { StartMessage } from '../monitor/protocol.ts';

export type FailedMessage = Extract<StartMessage, { kind: 'failed' }>;

interface Hint {
  readonly step: RegExp;
  readonly errno?: RegExp;
  readonly syscall?: RegExp;
  readonly detail?: RegExp;
  readonly hint: string | ((failed: FailedMessage) => string);
}

const HINTS: readonly Hint[] = [
  {
    step: /rootfs|mount/,
    syscall: /mount_setattr/,
    hint: ({ path }) =>
      `the filesystem of ${path || 'the root filesystem'} takes no id-mapped mounts: keep the container on ` +
      'ext4, xfs, btrfs or tmpfs (another -P), or create it with --privileged',
  },
  {
    step: /network/,
    errno: /ENODEV|ENOENT|ENXIO/,
    hint: ({ path }) =>
      `${path || 'the bridge'} does not exist on the host: 'tlxc-net start' brings up TLXC's own bridge`,
  },
  { step: /network/, errno: /EPERM/, hint: 'making network interfaces takes root' },
  { step: /network/, errno: /EEXIST/, hint: 'an interface of that name exists already on the host' },
  {
    step: /init|exec/,
    errno: /ENOENT/,
    hint: 'the root filesystem has no such program: see lxc.init.cmd, or lxc.rootfs.path',
  },
  {
    step: /init|exec/,
    errno: /ENOEXEC/,
    hint: 'the program is no executable of this machine: is the image of another architecture?',
  },
  {
    step: /init|exec/,
    errno: /EACCES/,
    hint: 'the program is not executable, or a directory above it is closed to the container',
  },
  {
    step: /cgroup/,
    errno: /EROFS|EACCES|EPERM/,
    hint: 'the cgroup filesystem is not writable here: start it as root',
  },
  {
    step: /cgroup/,
    errno: /EBUSY/,
    hint: 'the group has processes in it: another container uses it, or one was left behind',
  },
  { step: /cgroup/, syscall: /write/, hint: 'this kernel refuses the value: see the setting named above' },
  { step: /rootfs/, errno: /ENOENT/, hint: 'the path in lxc.rootfs.path does not exist' },
  {
    step: /mount/,
    errno: /ENOENT/,
    hint: "create=dir or create=file makes a missing mount point, 'optional' skips the entry",
  },
  { step: /mount/, errno: /ENODEV/, hint: 'this kernel does not know the filesystem type' },
  {
    step: /mount/,
    errno: /EPERM/,
    hint: 'an unprivileged container may not mount this: the host must mount it, and bind it',
  },
  {
    step: /mount/,
    errno: /ELOOP/,
    hint: 'a symbolic link of the root filesystem leads out of it or in a circle',
  },
  {
    step: /namespace|clone/,
    errno: /EPERM/,
    hint: 'this takes root, or user namespaces (kernel.unprivileged_userns_clone)',
  },
  { step: /namespace|clone/, errno: /ENOSPC/, hint: 'a limit of /proc/sys/user/max_*_namespaces is reached' },
  {
    step: /idmap/,
    errno: /EPERM/,
    hint: 'the ids of lxc.idmap must be given to this user in /etc/subuid and /etc/subgid',
  },
  { step: /hook/, detail: /timeout/, hint: 'the hook ran too long and was killed' },
  { step: /hook/, errno: /ENOENT|EACCES/, hint: 'the hook must be an executable file of the host' },
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
