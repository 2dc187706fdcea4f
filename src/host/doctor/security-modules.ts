/** AppArmor: whether the kernel has it, and what loads its profiles. */
import type { HostFacts } from '../facts.ts';
import { fine, warning, type Finding } from '../finding.ts';

export function securityModuleFindings({
  apparmor,
  apparmorProfiles,
  apparmorFeatures,
}: HostFacts): Finding[] {
  if (!apparmor) {
    const found = 'no AppArmor: containers are held by user namespaces, capabilities and seccomp';
    return [fine('security modules', found)];
  }
  if (apparmorFeatures.parser === '') {
    return [
      warning(
        'security modules',
        'AppArmor, but no apparmor_parser: no profile of a container can be loaded',
        'apt-get install apparmor',
      ),
    ];
  }
  return [fine('security modules', `AppArmor, ${apparmorProfiles.length} profiles loaded`)];
}
