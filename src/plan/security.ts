/** What the container's processes may do: capabilities, no_new_privs, keyring, LSM, seccomp. */
import { join } from 'node:path';
import { compileAppArmor } from './apparmor.ts';
import { checkCapabilities, keptCapabilities } from './capabilities.ts';
import type { Compilation } from './input.ts';
import { compileSeccomp } from './seccomp.ts';
import { compileSelinux } from './selinux.ts';
import type { Security } from './types.ts';

export function compileSecurity(compilation: Compilation): Security {
  checkCapabilities(compilation);
  return {
    capabilities: keptCapabilities(compilation),
    noNewPrivileges: compilation.config.noNewPrivs,
    newKeyring: !compilation.config.inheritsKeyring,
    apparmorProfile: compileAppArmor(compilation),
    ...compileSelinux(compilation),
    seccomp: compileSeccompProfile(compilation),
  };
}

/** C libraries for i386 make sockets by socketcall, whose arguments no filter can see. */
const NO_SOCKETS =
  '32-bit x86 programs have no sockets, since the policy does not allow socketcall; /usr/share/tlxc/config/common.seccomp is one that does';

function compileSeccompProfile({ config, host, system, files, findings }: Compilation): Security['seccomp'] {
  if (config.seccompProfile === undefined) return null;
  const { value: path, at } = config.seccompProfile;
  if (!host.seccomp) {
    findings.refuse(
      at,
      'lxc.seccomp.profile: this kernel is built without seccomp filters (CONFIG_SECCOMP_FILTER)',
    );
    return null;
  }
  if (files.seccompProfile === undefined) {
    findings.refuse(at, `lxc.seccomp.profile: ${path} was not read`);
    return null;
  }
  const policy = compileSeccomp(files.seccompProfile, {
    machine: host.machine,
    findings,
    cacheDir: join(system.runDir, 'seccomp'),
  });
  const listed = policy.rules.some(({ syscall, action }) => syscall === 'socketcall' && action === 'allow');
  if (
    config.arch?.value === 'linux32' &&
    host.machine === 'x86_64' &&
    policy.defaultAction !== 'allow' &&
    !listed
  )
    findings.warn(at, `lxc.seccomp.profile: ${NO_SOCKETS}`);
  return policy;
}
