/** A failed attach as the addon tells it (data) becomes the error a person reads. */
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import type { NativeFailure } from '../../native/binding.ts';

const STEPS: Readonly<Record<string, string>> = {
  cgroup: "cannot join the container's control group",
  'core scheduling': "cannot join the container's core scheduling domain",
  limits: "cannot take the container's resource limits",
  selinux: 'cannot enter the SELinux context',
  apparmor: 'cannot enter the AppArmor profile',
  namespaces: "cannot enter the container's namespaces",
  personality: 'cannot take the personality asked for',
  groups: 'cannot set the supplementary groups',
  gid: 'cannot become the group',
  uid: 'cannot become the user',
  keyring: 'cannot make a session keyring',
  capabilities: 'cannot drop capabilities',
  no_new_privs: 'cannot set no_new_privs',
  cwd: 'cannot change to the directory',
  stdio: 'cannot set up the standard streams',
  descriptors: "cannot close the caller's descriptors",
  seccomp: "cannot load the container's seccomp filter",
  terminal: "cannot open a terminal in the container's /dev/pts",
  enter: 'cannot run tlxc-enter',
  attach: 'cannot start the process that enters the container',
};

const HINTS: Readonly<Record<string, string>> = {
  'limits EPERM': 'to raise a limit takes CAP_SYS_RESOURCE, which this command does not have',
  'namespaces EPERM':
    "entering a container takes root; a user enters a namespace of theirs with the container's user namespace (-s 'NETWORK|USER')",
  'namespaces ESRCH': 'its init has ended meanwhile',
  'cgroup EACCES':
    'a user joins control groups only from another of theirs: run it where the container was started; one that was started with ' +
    "XDG_RUNTIME_DIR set, in a scope of the user's systemd, is entered from anywhere",
  'cgroup ENOENT': 'the container has ended meanwhile, or its control group was removed',
  'cgroup ENODEV': 'the container has ended meanwhile, or its control group was removed',
  'uid EINVAL': "the id is not mapped in the container's user namespace: see lxc.idmap",
  'gid EINVAL': "the id is not mapped in the container's user namespace: see lxc.idmap",
  'cwd ENOENT': 'it is a directory of the container that is asked for; without one the command starts in /',
  'cwd EACCES': 'a directory of the container is taken that the command may enter, and none below /proc',
  'enter EACCES': 'memory files may not be executed here: sysctl vm.memfd_noexec=0 allows it',
  'enter ENOSYS': "the container's seccomp policy forbids execveat, which attach needs",
  'enter EPERM': "the container's seccomp policy forbids execveat, which attach needs",
  'attach ETIMEDOUT': 'the container may have been frozen at this moment: thaw it and try again',
  'stdio EINVAL': "the container's /dev/null is not the null device",
  'terminal ENOENT': 'the container has no /dev/pts of its own (lxc.pty.max)',
  'terminal ENOSPC': 'all ptys of the container are in use (lxc.pty.max)',
  'apparmor ENOENT': 'the kernel knows no such profile: load it with apparmor_parser',
};

export function attachFailure(container: string, failure: NativeFailure): TlxcError {
  const errno = failure.errno === 0 ? undefined : errnoName(failure.errno);
  const what = STEPS[failure.step] ?? failure.step;
  const how = [failure.syscall, failure.detail].filter(Boolean).join(', ');
  const hint = HINTS[`${failure.step} ${errno ?? ''}`];
  const denied = errno === 'EPERM' || errno === 'EACCES';
  return new TlxcError({
    code: denied ? 'TLXC_E_PERMISSION' : 'TLXC_E_SYSCALL',
    message: `${what}${failure.path && ` ${failure.path}`}${how && ` (${how})`}`,
    container,
    step: failure.step,
    ...(failure.syscall && { syscall: failure.syscall }),
    ...(errno && { errno }),
    ...(failure.path && { path: failure.path }),
    ...(hint && { hint }),
  });
}
