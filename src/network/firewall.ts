/** The nftables rules of the bridge: one table of our own, replaced whole. No rule of anybody else is touched. */
import { native } from '../native/binding.ts';
import type { BridgeSettings } from './settings.ts';
import { runTool } from './tool.ts';

export const OWN_TABLE = 'tlxc';
const TABLE = `inet ${OWN_TABLE}`;

/** Behind address translation nobody begins a conversation with a container but the host: no other bridge, no neighbour of the host's. */
const entering = ({ name, nat }: BridgeSettings): string[] =>
  nat
    ? [
        `oifname "${name}" ct state established,related accept`,
        `oifname "${name}" ct status dnat accept`,
        `oifname "${name}" drop`,
      ]
    : [`oifname "${name}" accept`];

/** Text for nft -f: the table as it shall be, in one transaction. */
export function ruleset(settings: BridgeSettings): string {
  const { name, ipv4, ipv6, nat } = settings;
  const leaving = [
    ...(ipv4 ? [`ip saddr ${ipv4.network} ip daddr != ${ipv4.network} masquerade`] : []),
    ...(ipv6
      ? [`ip6 saddr ${ipv6.address}/${ipv6.prefix} ip6 daddr != ${ipv6.address}/${ipv6.prefix} masquerade`]
      : []),
  ];
  return `
table ${TABLE}
delete table ${TABLE}
table ${TABLE} {
  chain input {
    type filter hook input priority filter;
    iifname "${name}" udp dport { 53, 67, 547 } accept
    iifname "${name}" tcp dport 53 accept
  }
  chain forward {
    type filter hook forward priority filter;
    iifname "${name}" accept
    ${entering(settings).join('\n    ')}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ${nat ? leaving.join('\n    ') : ''}
  }
}
`;
}

export async function applyRules(settings: BridgeSettings): Promise<void> {
  await runTool(['nft', '-f', '-'], 'cannot set the packet filter rules', ruleset(settings));
}

export async function rulesPresent(): Promise<boolean> {
  const tables = await runTool(['nft', 'list', 'tables'], 'cannot read the packet filter rules');
  return tables.split('\n').includes(`table ${TABLE}`);
}

/** The same, asked of the kernel itself: quick, and where it does not tell, true. */
export const rulesSeemPresent = (): boolean => native().hasPacketFilterTable(OWN_TABLE) !== false;

export async function removeRules(): Promise<void> {
  if (await rulesPresent())
    await runTool(['nft', 'delete', 'table', ...TABLE.split(' ')], 'cannot remove the packet filter rules');
}
