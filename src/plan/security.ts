/** What the container's processes may do: capabilities, no_new_privs, keyring, LSM, seccomp. */
import { compileAppArmor } from './apparmor.ts';
import { checkCapabilities, keptCapabilities } from './capabilities.ts';
import type { Compilation } from './input.ts';
import { compileSeccompProfile } from './seccomp-profile.ts';
import { compileSelinux } from './selinux.ts';
import type { Security } from './types.ts';

export function compileSecurity(compilation: Compilation): Security {
  checkCapabilities(compilation);
  return {
    capabilities: keptCapabilities(compilation),
    noNewPrivileges: compilation.config.noNewPrivs,
    newKeyring: !compilation.config.inheritsKeyring,
    ...compileAppArmor(compilation),
    ...compileSelinux(compilation),
    seccomp: compileSeccompProfile(compilation),
  };
}
