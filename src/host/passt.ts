/** What a network by passt(1) takes of a host: tlxc.net.N.type = passt. */
import type { UserFacts } from './facts.ts';

/** What the administrator has not provided; null: nothing. */
export function whyNoPasst({ passt, tun }: UserFacts): { found: string; mend: string } | null {
  if (passt === '') return { found: 'passt is not installed', mend: 'apt-get install passt (as root)' };
  if (tun === 'absent')
    return { found: '/dev/net/tun is not there', mend: 'modprobe tun (as root, where the module is)' };
  if (tun === 'closed')
    return { found: '/dev/net/tun is closed to users', mend: 'chmod 666 /dev/net/tun (as root)' };
  return null;
}
