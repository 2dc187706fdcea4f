/** What the container's processes may do: capabilities, no_new_privs, keyring, LSM, seccomp. */
import { join } from 'node:path';
import { checkCapabilities, keptCapabilities } from './capabilities.ts';
import type { Compilation } from './input.ts';
import { compileSeccomp } from './seccomp.ts';
import type { Security } from './types.ts';

/** Values of lxc.apparmor.profile that name no profile of the host. */
const NO_PROFILE = new Set(['unconfined', 'unchanged', 'generated']);

/** Profiles that LXC ships and its shared configuration names: their containers start without AppArmor, too. */
const LXC_PROFILES = 'lxc-container-';

export function compileSecurity(compilation: Compilation): Security {
  checkCapabilities(compilation);
  return {
    capabilities: keptCapabilities(compilation),
    noNewPrivileges: compilation.config.noNewPrivs,
    newKeyring: true,
    apparmorProfile: apparmorProfile(compilation),
    seccomp: compileSeccompProfile(compilation),
  };
}

function apparmorProfile({ config, host, findings }: Compilation): string {
  const { profile, raw } = config.apparmor;
  if (host.apparmor && raw[0] !== undefined)
    findings.refuse(raw[0].at, 'lxc.apparmor.raw: generating AppArmor profiles is not supported yet');
  if (profile === undefined) return '';
  const { value, at } = profile;
  if (NO_PROFILE.has(value)) {
    if (host.apparmor && value === 'generated')
      findings.warn(
        at,
        'lxc.apparmor.profile: generated profiles are not supported yet, the container runs unconfined',
      );
    return '';
  }
  if (host.apparmor) return value;
  if (value.startsWith(LXC_PROFILES)) {
    findings.warn(
      at,
      `lxc.apparmor.profile: AppArmor is not enabled on this host, the container runs without ${value}`,
    );
    return '';
  }
  findings.refuse(
    at,
    `lxc.apparmor.profile: ${value} cannot be entered, AppArmor is not enabled on this host; write "unconfined" to start without`,
  );
  return '';
}

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
  return compileSeccomp(files.seccompProfile, {
    machine: host.machine,
    findings,
    cacheDir: join(system.runDir, 'seccomp'),
  });
}
