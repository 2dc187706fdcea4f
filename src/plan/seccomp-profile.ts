/** lxc.seccomp.*: whether the container gets a filter on this host, and who answers its notifications. */
import { join } from 'node:path';
import { originOf, type Compilation } from './input.ts';
import { compileSeccomp } from './seccomp.ts';
import type { Seccomp } from './types.ts';

export function compileSeccompProfile(compilation: Compilation): Seccomp | null {
  const { config, host, system, files, findings } = compilation;
  const { profile, notifyProxy } = config.seccomp;
  if (profile === undefined) {
    if (notifyProxy)
      findings.warn(
        notifyProxy.at,
        'lxc.seccomp.notify.proxy has nothing to do: no lxc.seccomp.profile is set',
      );
    return null;
  }
  if (!canFilter(compilation)) return null;
  const file = files.seccompProfile ?? { why: `${profile.value} was not read` };
  if ('why' in file) {
    findings.refuse(profile.at, `lxc.seccomp.profile: ${file.why}`);
    return null;
  }
  const policy = compileSeccomp(file, {
    machine: host.machine,
    findings,
    cacheDir: join(system.runDir, 'seccomp'),
  });
  warnOfSockets(compilation, policy);
  return { ...policy, notify: compileNotify(compilation, policy) };
}

/** LXC leaves the policy away under a filter that is there already, unless it is told to add it. */
function canFilter({ config, host, findings }: Compilation): boolean {
  const at = config.seccomp.profile?.at;
  if (!host.seccomp)
    findings.refuse(
      at,
      'lxc.seccomp.profile: this kernel is built without seccomp filters (CONFIG_SECCOMP_FILTER)',
    );
  else if (host.filtered && !config.seccomp.allowNesting)
    findings.warn(
      at,
      'lxc.seccomp.profile is not loaded: this process runs under a filter of system calls already; lxc.seccomp.allow_nesting = 1 adds the policy to that',
    );
  else return true;
  return false;
}

/** C libraries for i386 make sockets by socketcall, whose arguments no filter can see. */
const NO_SOCKETS =
  '32-bit x86 programs have no sockets, since the policy does not allow socketcall; /usr/share/tlxc/config/common.seccomp is one that does';

function warnOfSockets({ config, host, findings }: Compilation, { rules, defaultAction }: Seccomp): void {
  if (config.arch?.value !== 'linux32' || host.machine !== 'x86_64' || defaultAction === 'allow') return;
  const listed = rules.some(({ syscall, action }) => syscall === 'socketcall' && action === 'allow');
  if (!listed) findings.warn(config.seccomp.profile?.at, `lxc.seccomp.profile: ${NO_SOCKETS}`);
}

/** null where no rule has the action notify. */
function compileNotify(compilation: Compilation, policy: Seccomp): Seccomp['notify'] {
  const { profile, notifyProxy, notifyCookie } = compilation.config.seccomp;
  const notifying = [policy.defaultAction, ...policy.rules.map(({ action }) => action)].includes('notify');
  if (notifying) checkAsked(compilation, policy);
  else if (notifyProxy)
    compilation.findings.warn(
      notifyProxy.at,
      `lxc.seccomp.notify.proxy has nothing to do: no rule of ${profile?.value} has the action notify`,
    );
  if (!notifying) return null;
  const origin = originOf(notifyProxy?.at ?? profile?.at);
  return { proxy: notifyProxy?.value ?? '', cookie: notifyCookie?.value ?? '', origin };
}

/** Of a policy that asks: whether it can, and whether anybody answers. */
function checkAsked({ config, findings }: Compilation, policy: Seccomp): void {
  const { profile, notifyProxy } = config.seccomp;
  if (!allows(policy, 'sendmsg'))
    findings.refuse(
      profile?.at,
      `lxc.seccomp.profile: ${profile?.value} has the action notify and must then allow sendmsg, by which its listener is handed over`,
    );
  if (!notifyProxy)
    findings.warn(
      profile?.at,
      'lxc.seccomp.profile: calls with the action notify get ENOSYS, lxc.seccomp.notify.proxy is not set',
    );
}

/** Whatever its arguments, for every architecture. */
function allows({ rules, defaultAction }: Seccomp, syscall: string): boolean {
  const own = rules.filter((rule) => rule.syscall === syscall);
  const whole = own.some(
    (rule) => rule.action === 'allow' && rule.arch === '' && rule.arguments.length === 0,
  );
  return own.every(({ action }) => action === 'allow') && (defaultAction === 'allow' || whole);
}
