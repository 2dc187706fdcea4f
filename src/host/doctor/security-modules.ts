/** AppArmor: whether the kernel has it, and what loads its profiles. */
import type { HostFacts } from '../facts.ts';
import { fine, warning, type Finding } from '../finding.ts';

export function securityModuleFindings({
  apparmor,
  apparmorProfiles,
  apparmorFeatures,
  user,
}: HostFacts): Finding[] {
  if (!apparmor) {
    const found = 'no AppArmor: containers are held by user namespaces, capabilities and seccomp';
    return [fine('security modules', found)];
  }
  if (!apparmorFeatures.loads)
    return [
      fine(
        'security modules',
        `AppArmor, without policy of this container's own: its containers are held by what holds it (${apparmorFeatures.label})`,
      ),
    ];
  if (apparmorFeatures.parser === '') {
    return [
      warning(
        'security modules',
        'AppArmor, but no apparmor_parser: no profile of a container can be loaded',
        'apt-get install apparmor',
      ),
    ];
  }
  // The list is root's to read.
  const loaded = user === null ? `, ${apparmorProfiles.length} profiles loaded` : '';
  return [fine('security modules', `AppArmor${loaded}`)];
}
