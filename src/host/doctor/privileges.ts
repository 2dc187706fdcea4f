/** What root may do here: in a container that was made without it, root makes none. */
import { readFileSync } from 'node:fs';
import { boundingCapabilities, CAPABILITY_NAMES } from '../capabilities.ts';
import { problem, type Finding } from '../finding.ts';

/** Without the one no namespace is made and nothing mounted, without the other none of a container's own networks. */
const NEEDED = ['sys_admin', 'net_admin'];

/** Nothing where nothing is missing: so it is on every host that is no container. */
export function privilegeFindings(status = readFileSync('/proc/self/status', 'utf8')): Finding[] {
  const has = boundingCapabilities(status, CAPABILITY_NAMES);
  const missing = NEEDED.filter((name) => !has.includes(name));
  if (missing.length === 0) return [];
  return [
    problem(
      'privileges',
      `root lacks ${missing.map((name) => `CAP_${name.toUpperCase()}`).join(', ')} here, as in a container that is to have none of its own`,
      'where this is a container of TLXC: an unprivileged one, with lxc.include = /usr/share/tlxc/config/nesting.conf in its configuration on the host',
    ),
  ];
}
