/** The nftables rules of the bridge: one table of our own, replaced whole. No rule of anybody else is touched. */
import { native } from '../native/binding.ts';
import type { BridgeSettings } from './settings.ts';
import { runTool } from './tool.ts';

const NAME = 'tlxc';
const TABLE = `inet ${NAME}`;

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
export const rulesSeemPresent = (): boolean => native().hasPacketFilterTable(NAME) !== false;

export async function removeRules(): Promise<void> {
  if (await rulesPresent())
    await runTool(['nft', 'delete', 'table', ...TABLE.split(' ')], 'cannot remove the packet filter rules');
}

interface NftChain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

interface NftRule {
  readonly family: string;
  readonly table: string;
  /** libnftables-json(5): matches, then a verdict. */
  readonly expr: readonly Readonly<Record<string, unknown>>[];
}

interface NftMatch {
  readonly left: { readonly meta?: { readonly key: string } };
  readonly right: unknown;
}

/** "iifname BRIDGE accept", or with oifname. */
function accepts({ expr }: NftRule, key: 'iifname' | 'oifname', bridge: string): boolean {
  if (!expr.some((one) => 'accept' in one)) return false;
  const matches = expr.flatMap((one) => ('match' in one ? [one['match'] as NftMatch] : []));
  return matches.length === 1 && matches[0]?.left.meta?.key === key && matches[0].right === bridge;
}

/**
 * Chains of others that drop forwarded packets by default, "ip filter FORWARD": an accept of ours does not overrule
 * them. Those whose table lets the bridge's packets through both ways are not among them.
 */
export async function droppingChains(bridge: string): Promise<string[]> {
  const text = await runTool(['nft', '--json', 'list', 'ruleset'], 'cannot read the packet filter rules');
  const { nftables } = JSON.parse(text) as {
    nftables: readonly { readonly chain?: NftChain; readonly rule?: NftRule }[];
  };
  const rules = nftables.flatMap(({ rule }) => rule ?? []);
  return nftables.flatMap(({ chain }) => {
    if (chain?.hook !== 'forward' || chain.policy !== 'drop') return [];
    const own = rules.filter(({ family, table }) => family === chain.family && table === chain.table);
    const open = (['iifname', 'oifname'] as const).every((key) =>
      own.some((rule) => accepts(rule, key, bridge)),
    );
    return open ? [] : [`${chain.family} ${chain.table} ${chain.name}`];
  });
}
