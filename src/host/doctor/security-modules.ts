/** AppArmor: whether the kernel has it, and what loads its profiles. */
import { existsSync } from 'node:fs';
import type { HostFacts } from '../facts.ts';
import { fine, warning, type Finding } from '../finding.ts';

const PARSER = ['/usr/sbin/apparmor_parser', '/sbin/apparmor_parser'];

export function securityModuleFindings({ apparmor, apparmorProfiles }: HostFacts): Finding[] {
  if (!apparmor) {
    const found = 'no AppArmor: containers are held by user namespaces, capabilities and seccomp';
    return [fine('security modules', found)];
  }
  if (!PARSER.some((path) => existsSync(path))) {
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
