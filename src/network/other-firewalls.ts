/**
 * Firewalls of others that keep the bridge from working: a packet that one table accepts, another still drops. Read from
 * nftables' rules as those programs make them: Docker and ufw by iptables-nft, firewalld by itself.
 */
import { OWN_TABLE } from './firewall.ts';
import { runTool } from './tool.ts';

/** A chain of somebody else's firewall that keeps the bridge's packets. */
export interface Obstacle {
  /** "ip filter FORWARD" */
  readonly chain: string;
  /** input: what containers ask the host's DHCP and DNS; forward: everything beyond it. */
  readonly hook: 'input' | 'forward';
  /** Docker, firewalld, ufw; "" where it is not known. */
  readonly owner: string;
  /** A command that opens it for the bridge. */
  readonly remedy: string;
}

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

/** libnftables-json(5): matches and what goes along with them, then a verdict. */
type Statement = Readonly<Record<string, unknown>>;

interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly Statement[];
}

interface Match {
  readonly op: string;
  readonly left: {
    readonly meta?: { readonly key: string };
    readonly ct?: { readonly key: string };
    readonly payload?: { readonly field?: string };
  };
  readonly right: unknown;
}

/** The kernel's own limit of jumps is 16. */
const DEEPEST = 16;

/** The chains and rules of one table. */
interface Table {
  readonly chains: readonly Chain[];
  readonly rules: readonly Rule[];
}

/** Of a packet: nothing else decides, such as a match of iptables' that nftables does not know. */
function matchesOf({ expr }: Rule): readonly Match[] | null {
  if (expr.some((one) => 'xt' in one || 'vmap' in one)) return null;
  return expr.flatMap((one) => ('match' in one ? [one['match'] as Match] : []));
}

const has = ({ expr }: Rule, ...verdicts: readonly string[]): boolean =>
  expr.some((one) => verdicts.some((verdict) => verdict in one));

/** The values on the right of a match, of which a packet's is one. */
function valuesOf(right: unknown): readonly unknown[] {
  if (Array.isArray(right)) return right;
  const set = (right as { set?: unknown } | null)?.set;
  return Array.isArray(set) ? set : [right];
}

const isInterface = ({ op, left, right }: Match, key: string, bridge: string): boolean =>
  op === '==' &&
  left.meta?.key === key &&
  valuesOf(right).some(
    (name) =>
      name === bridge ||
      (typeof name === 'string' && name.endsWith('*') && bridge.startsWith(name.slice(0, -1))),
  );

const isAnswer = ({ op, left, right }: Match): boolean =>
  ['==', 'in'].includes(op) && left.ct?.key === 'state' && valuesOf(right).includes('established');

const asksDhcp = ({ op, left, right }: Match): boolean =>
  op === '==' && left.payload?.field === 'dport' && valuesOf(right).includes(67);

/** Whether a rule of the chain, or of those it leads to, accepts what these matches are true of; none are true of all. */
function lets(
  table: Table,
  name: string,
  areTrue: (matches: readonly Match[]) => boolean,
  depth = 0,
): boolean {
  if (depth > DEEPEST) return false;
  return table.rules.some((rule) => {
    const matches = rule.chain === name ? matchesOf(rule) : null;
    if (matches === null || !areTrue(matches)) return false;
    return has(rule, 'accept') || targets(rule).some((target) => lets(table, target, areTrue, depth + 1));
  });
}

const targets = ({ expr }: Rule): string[] =>
  expr.flatMap((one) =>
    ['jump', 'goto'].flatMap((verdict) =>
      verdict in one ? [(one[verdict] as { target: string }).target] : [],
    ),
  );

/** Whether packets of the bridge's are accepted before the chain ends: everything in, and answers out. */
function isOpen(table: Table, { name, hook }: Chain, bridge: string): boolean {
  const from = (matches: readonly Match[]): boolean =>
    matches.every((match) => isInterface(match, 'iifname', bridge) || (hook === 'input' && asksDhcp(match)));
  const into = (matches: readonly Match[]): boolean =>
    matches.every((match) => isInterface(match, 'oifname', bridge) || isAnswer(match));
  return lets(table, name, from) && (hook === 'input' || lets(table, name, into));
}

/** What no rule has decided on is dropped, by its policy or its last rule. */
function dropsTheRest({ rules }: Table, { name, policy }: Chain): boolean {
  if (policy === 'drop') return true;
  const last = rules.filter(({ chain }) => chain === name).at(-1);
  return last !== undefined && matchesOf(last)?.length === 0 && has(last, 'drop', 'reject');
}

const hasChain = ({ chains }: Table, prefix: string): boolean =>
  chains.some(({ name }) => name.startsWith(prefix));

function ownerOf(table: Table, { table: name }: Chain): string {
  if (name === 'firewalld') return 'firewalld';
  if (hasChain(table, 'ufw-') || hasChain(table, 'ufw6-')) return 'ufw';
  return hasChain(table, 'DOCKER-USER') ? 'Docker' : '';
}

/** What the owner of the chain documents, else a rule in it. */
function remedyFor({ family, table, name, hook }: Chain, owner: string, bridge: string): string {
  if (owner === 'firewalld')
    return `firewall-cmd --permanent --zone=trusted --add-interface=${bridge} && firewall-cmd --reload`;
  if (owner === 'ufw')
    return hook === 'input'
      ? `ufw allow in on ${bridge}`
      : `ufw route allow in on ${bridge} && ufw route allow out on ${bridge}`;
  const both = hook === 'input' ? ['iifname'] : ['iifname', 'oifname'];
  if (owner === 'Docker' && hook === 'forward') {
    const tool = family === 'ip6' ? 'ip6tables' : 'iptables';
    return `${tool} -I DOCKER-USER -i ${bridge} -j ACCEPT && ${tool} -I DOCKER-USER -o ${bridge} -j ACCEPT`;
  }
  return both.map((key) => `nft insert rule ${family} ${table} ${name} ${key} ${bridge} accept`).join(' && ');
}

/** What stands in the bridge's way among these chains and rules (nft --json list ruleset). */
export function obstaclesIn(json: string, bridge: string): Obstacle[] {
  const { nftables } = JSON.parse(json) as {
    nftables: readonly { readonly chain?: Chain; readonly rule?: Rule }[];
  };
  const chains = nftables.flatMap(({ chain }) => chain ?? []);
  const rules = nftables.flatMap(({ rule }) => rule ?? []);
  return chains.flatMap((chain): Obstacle[] => {
    const { family, name, hook } = chain;
    if (
      (hook !== 'forward' && hook !== 'input') ||
      chain.table === OWN_TABLE ||
      ['arp', 'bridge'].includes(family)
    )
      return [];
    const isOfTable = (one: Chain | Rule): boolean => one.family === family && one.table === chain.table;
    const table = { chains: chains.filter(isOfTable), rules: rules.filter(isOfTable) };
    if (!dropsTheRest(table, chain) || isOpen(table, chain, bridge)) return [];
    const owner = ownerOf(table, chain);
    return [
      { chain: `${family} ${chain.table} ${name}`, hook, owner, remedy: remedyFor(chain, owner, bridge) },
    ];
  });
}

export async function findObstacles(bridge: string): Promise<Obstacle[]> {
  return obstaclesIn(
    await runTool(['nft', '--json', 'list', 'ruleset'], 'cannot read the packet filter rules'),
    bridge,
  );
}
