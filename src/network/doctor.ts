/** The bridge and what stands in its way: its own state, forwarding, other firewalls, the ports it needs. */
import type { SystemConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import { fine, problem, warning, type Finding } from '../host/finding.ts';
import type { Obstacle } from './other-firewalls.ts';
import { nameServersEverywhere } from './port-holder.ts';
import { bridgeStatus, type BridgeStatus } from './service.ts';
import { LET_GO, namesLost } from './served-names.ts';
import { bridgeSettings, type BridgeSettings } from './settings.ts';

const WHAT = 'bridge';

function device(
  { bridge, link, addresses, dnsmasqPid, rules, names }: BridgeStatus,
  settings: BridgeSettings,
): Finding {
  const start = 'tlxc-net start';
  if (link === 'absent') return warning(WHAT, `${bridge} is not there`, start);
  if (link === 'down') return warning(WHAT, `${bridge} is down`, start);
  const missing = [
    ...(dnsmasqPid === null ? ['DHCP and DNS'] : []),
    ...(rules ? [] : ['the packet filter rules']),
  ];
  if (missing.length > 0) return problem(WHAT, `${bridge} lacks ${missing.join(' and ')}`, start);
  const lost = namesLost(names, settings);
  if (lost !== null) return warning(WHAT, lost.found, lost.mend);
  return fine(WHAT, `${bridge} ${addresses.join(' ')}, DHCP and DNS, rules`);
}

function forwarding({ forwarding: { ipv4, ipv6 } }: BridgeStatus): Finding {
  if (ipv4) return fine('forwarding', `IPv4 on, IPv6 ${ipv6 ? 'on' : 'off'}`);
  return problem(
    'forwarding',
    'IPv4 off: containers reach nobody beyond the host',
    'sysctl -w net.ipv4.ip_forward=1',
  );
}

/** What a firewall that drops by default keeps containers from. */
export const lost = ({ hook }: Obstacle): string =>
  hook === 'input' ? 'what containers ask the host (DHCP, DNS)' : 'what containers send and get';

export const owned = ({ owner, chain }: Obstacle): string =>
  owner === '' ? `the chain ${chain}` : `${owner} (the chain ${chain})`;

function firewalls({ obstacles }: BridgeStatus): Finding[] {
  if (obstacles.length === 0) return [fine('firewall', 'none drops what containers send')];
  return obstacles.map((one) => problem('firewall', `${owned(one)} drops ${lost(one)}`, one.remedy));
}

/**
 * DNS: while our own server does not run, nobody else may hold it. Port 67 is not looked at: the servers of other bridges hold it
 * on all addresses, each on its own interface alone, which /proc does not tell.
 */
function ports({ dnsmasqPid }: BridgeStatus): Finding[] {
  const servers = dnsmasqPid === null ? nameServersEverywhere() : [];
  if (servers.length === 0) return [];
  return [
    warning(
      'ports',
      `port 53 is held by ${servers.join(', ')}: the bridge serves addresses then, but no names`,
      LET_GO,
    ),
  ];
}

function hostNames({ hostNames: { wanted, by, works, why } }: BridgeStatus): Finding[] {
  if (!wanted) return [];
  if (works) return [fine('names', `of containers resolve on the host, by ${by}`)];
  return [problem('names', `of containers do not resolve on the host: ${why}`, 'tlxc-net start')];
}

/** Root only: others are not shown the packet filter, and get a warning that says so. Never throws. */
export async function networkFindings(system: SystemConfig): Promise<Finding[]> {
  try {
    const status = await bridgeStatus(system);
    const rest = status.link === 'absent' ? [] : [forwarding(status)];
    return [
      device(status, bridgeSettings(system)),
      ...rest,
      ...firewalls(status),
      ...ports(status),
      ...hostNames(status),
    ];
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    const { name } = bridgeSettings(system);
    return [warning(WHAT, `${name} cannot be looked into: ${error.message}`, error.details.hint ?? '')];
  }
}
