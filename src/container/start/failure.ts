/** A failed start as the monitor tells it (data) becomes the error a person reads. */
import { errnoName } from '../../errno.ts';
import { TlxcError, type ErrorCode } from '../../errors.ts';
import { startHooks } from '../../plan/hooks.ts';
import type { StartPlan } from '../../plan/types.ts';
import { failureHint } from './failure-hints.ts';
import type { FailedMessage } from './hint.ts';
import { failedByLimit } from './own-limits.ts';

/** What could not be done, completed by the path; the first entry that fits. */
const STEPS: readonly (readonly [step: RegExp, syscall: RegExp, words: string])[] = [
  [/^run-directory$/, /./, 'cannot use the run directory'],
  [/^cgroup$/, /^mkdir$/, 'cannot make the control group'],
  [/^cgroup$/, /^write$/, 'the kernel refuses the value for'],
  [/^cgroup$/, /./, 'cannot set up the control groups:'],
  [/^share namespace$/, /./, 'cannot join the namespace'],
  [/^namespaces$/, /./, "cannot make the container's namespaces"],
  [/^rootfs idmap$/, /./, 'cannot map the ids of the root filesystem'],
  [/^rootfs overlay$/, /./, 'cannot lay the overlay over the root filesystem'],
  [/^rootfs$/, /./, 'cannot attach the root filesystem'],
  [/^mount$/, /^openat2$/, 'cannot mount: no mount point'],
  [/^mount$/, /./, 'cannot mount'],
  [/^readonly$/, /./, 'cannot make read-only'],
  [/^mask$/, /./, 'cannot hide'],
  [/^directory$/, /./, 'cannot make the directory'],
  [/^symlink$/, /./, 'cannot make the link'],
  [/^device$/, /./, 'cannot make the device'],
  [/^idmap$/, /./, "cannot map the container's ids"],
  [/^network$/, /^RTM_GETLINK$/, 'there is no network interface'],
  [/^network$/, /^RTM_NEWLINK\(veth\)$/, 'cannot make the network interface'],
  [/^network$/, /^RTM_NEWLINK\((macvlan|ipvlan|vlan)\)$/, 'cannot make a network interface on'],
  [/^network$/, /^RTM_NEWLINK\(IFLA_MASTER\)$/, 'cannot connect to the bridge'],
  [/^network$/, /^RTM_NEWLINK\(IFLA_IFNAME\)$/, 'cannot give the network interface the name'],
  [/^network$/, /^RTM_NEWLINK\(IFLA_NET_NS_PID\)$/, 'cannot lend the container the network interface'],
  [/^network$/, /^RTM_NEWLINK\(IFLA_MTU\)$/, 'cannot set the largest packet (mtu) of the network interface'],
  [/^network$/, /^RTM_NEWADDR$/, 'cannot give the network interface the address'],
  [/^network$/, /^RTM_NEWROUTE$/, 'cannot make the route to'],
  [/^network$/, /./, 'cannot set up the network:'],
  [/^forward$/, /^(?:socket|setsockopt|bind|listen|chown)$/, 'cannot listen on'],
  [/^forward$/, /^open$/, 'cannot make a socket in'],
  [/^forward$/, /./, 'cannot forward ports:'],
  [/^seccomp$/, /./, 'cannot install the system call filter'],
  [/^capabilities$/, /./, 'cannot give up capabilities'],
  [/^sysctl$/, /./, 'cannot set the kernel parameter'],
  [/^clocks$/, /./, 'cannot set the clocks:'],
  [/^limit$/, /./, 'cannot set the resource limit'],
  [/^proc$/, /./, "cannot write init's file"],
  [/^core scheduling$/, /./, 'cannot make a core scheduling domain'],
  [/^selinux$/, /./, 'cannot enter the SELinux context'],
  [/^apparmor$/, /./, 'cannot enter the AppArmor profile'],
  [/^hostname$/, /./, 'cannot set the host name'],
  [/^personality$/, /./, 'cannot set the architecture'],
  [/^terminals$/, /./, "cannot make the container's terminals"],
  [/^console$/, /./, 'cannot open the console or its log'],
  [/^log$/, /./, 'cannot open the log'],
  [/^restore$/, /./, 'CRIU could not restore it:'],
  [/^pid-file$/, /./, 'cannot write the pid file'],
  [/^init directory$/, /./, "cannot enter init's directory (lxc.init.cwd)"],
  [/^init$/, /^execve$/, 'cannot run the init program'],
  [/^init$/, /./, 'cannot set up init:'],
];

/** The executor's own refusals, where the kernel has not been asked. */
const REFUSALS: Readonly<Record<string, string>> = {
  'bad-address': 'it is no address',
  'bad-hardware-address': 'it is no hardware address',
  'bad-interface-name': 'it is no name of a network interface',
  'link-has-no-address': 'it has no address of this kind',
  'not-ours': 'others can change what lies in it',
  'no-such-prefix': 'nothing begins with it',
  'no-vlan-filtering': 'the bridge does not filter VLANs',
  'no-port-lock': "a bridge of Open vSwitch's looks at no sender",
  'port-without-vlan': 'the port would be in no VLAN',
  'proxy-ended': 'tlxc-proxy ended',
  'passt-ended': 'it ended without a word',
  'sysctl-off': 'it is off',
};

/** What the plan wraps a hook's command in: exec COMMAND 'NAME' lxc HOOK "$@", or export …; exec COMMAND "$@" */
const WRAPPED = /^(?:export [^;]*; )?exec (.*?)(?: '[^']*' (?:lxc|net) \S+)?(?: "\$@")?$/s;

/** The command of the hook that the origin belongs to, as it was written. */
function hookCommand(plan: StartPlan, failed: FailedMessage): string {
  const hook = startHooks(plan).find(
    ({ origin }) => origin.line === failed.line && origin.file === failed.file,
  );
  const script = hook?.argv[2] ?? failed.path;
  return WRAPPED.exec(script)?.[1] ?? script;
}

function sentence(plan: StartPlan, failed: FailedMessage): string {
  const { step, path, syscall, detail } = failed;
  const how = [syscall, REFUSALS[detail] ?? detail].filter(Boolean).join(', ');
  if (step.startsWith('hook ')) {
    return `the ${step.slice('hook '.length)} hook failed (${how}): ${hookCommand(plan, failed)}`;
  }
  const words = STEPS.find(([steps, syscalls]) => steps.test(step) && syscalls.test(syscall || '-'))?.[2];
  const what = words ?? `the start failed at "${step}":`;
  return `${what}${path && ' '}${path}${how && ` (${how})`}`;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  'already-running': 'TLXC_E_RUNNING',
  network: 'TLXC_E_NETWORK',
  forward: 'TLXC_E_NETWORK',
  rootfs: 'TLXC_E_STORAGE',
};

/** Of a container that is to be started and runs. */
export const runningHint = (name: string): string =>
  `tlxc-attach -n ${name} enters it, tlxc-stop -n ${name} stops it`;

/** The error of a start that failed as `failed` tells. */
export function startFailure(plan: StartPlan, failed: FailedMessage): TlxcError {
  const { name } = plan;
  if (failed.step === 'already-running') {
    return new TlxcError({
      code: 'TLXC_E_RUNNING',
      message: 'Container is already running',
      container: name,
      hint: runningHint(name),
    });
  }
  const errno = failed.errno === 0 ? undefined : errnoName(failed.errno);
  const byLimit = failedByLimit(plan, failed, errno ?? '');
  if (byLimit !== undefined) return byLimit;
  const hint = failureHint(failed, errno ?? '');
  const code = CODES[failed.step] ?? (failed.step.startsWith('hook') ? 'TLXC_E_HOOK' : 'TLXC_E_SYSCALL');
  return new TlxcError({
    code,
    message: sentence(plan, failed),
    container: name,
    step: failed.step,
    ...(failed.syscall && { syscall: failed.syscall }),
    ...(errno && { errno }),
    ...(failed.path && { path: failed.path }),
    ...(failed.key && { where: { file: failed.file, line: failed.line, key: failed.key } }),
    ...(hint && { hint }),
  });
}
