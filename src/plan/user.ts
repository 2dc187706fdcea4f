/**
 * Containers of plain users: what acts for them, and what only root can have, found before anything happens.
 * A user's ids are those of /etc/subuid and /etc/subgid and the user's own, newuidmap(1).
 */
import type { IdMap, NetworkConfig, Sourced } from '../config/model.ts';
import type { HostFacts, UserFacts } from '../host/facts.ts';
import { isWithin, spanText } from '../host/subordinate-ids.ts';
import { startChecks, userNic } from '../host/user-checks.ts';
import type { Compilation, Findings } from './input.ts';
import type { StartPlan } from './types.ts';

/** What changes nothing on the host, and what tlxc-user-nic makes. */
const USERS_TYPES: ReadonlySet<string> = new Set(['veth', 'empty', 'none', 'passt']);

/** null for root. */
export function compileUser(compilation: Compilation): StartPlan['user'] {
  const { config, host, findings } = compilation;
  const { user } = host;
  if (user === null) return null;
  const { newUidMap, newGidMap, nic } = user;
  for (const check of startChecks.map((each) => each(user)))
    if (check.level === 'problem')
      findings.refuse(undefined, `${check.what}: ${check.found}; mend: ${check.mend}`);
  checkMaps(compilation, user);
  checkNetworks(compilation, user);
  const needsNic = config.networks.some((network) => network.type.value === 'veth');
  return { newUidMap, newGidMap, nic: needsNic ? nic : '' };
}

function checkMaps({ config, host, findings }: Compilation, user: UserFacts): void {
  if (config.idmap.length === 0)
    findings.refuse(
      undefined,
      `${config.configFile}: there is no lxc.idmap, and only root runs containers without a user namespace`,
      `write for example: ${exampleMaps(user).join('; ')}`,
    );
  for (const { value, at } of config.idmap) {
    const why = whyNotMapped(value, host, user);
    if (why !== '') findings.refuse(at, why);
  }
  const why = whyNoGroups(
    config.idmap.map(({ value }) => value),
    user,
  );
  if (why !== '') findings.refuse(config.idmap.find(({ value }) => value.kind === 'gid')?.at, why);
}

/** A container begins without the user's supplementary groups: newgidmap(1) allows that only where a subordinate gid is mapped. */
export function whyNoGroups(maps: readonly IdMap[], { name, subgids }: UserFacts): string {
  const gids = maps.filter(({ kind }) => kind === 'gid');
  const isOwn = ({ outside, count }: IdMap) => count === 1 && !isWithin({ first: outside, count }, subgids);
  if (gids.length === 0 || !gids.every(isOwn)) return '';
  const example = subgids[0]?.first ?? 100_000;
  return (
    `lxc.idmap maps no gid but ${name}'s own: with none of /etc/subgid nobody can leave the user's other groups; ` +
    `add one, for example: lxc.idmap = g 1 ${example} 1`
  );
}

/** The lines that a user's first subordinate ids make; of no more than a system needs. */
const exampleMaps = ({ subuids, subgids }: UserFacts): string[] =>
  [
    { letter: 'u', span: subuids[0] },
    { letter: 'g', span: subgids[0] },
  ].map(
    ({ letter, span = { first: 100_000, count: 65_536 } }) =>
      `lxc.idmap = ${letter} 0 ${span.first} ${Math.min(span.count, 65_536)}`,
  );

/** Why the user may not map these ids; "": it may. */
export function whyNotMapped(
  map: IdMap,
  { uid, gid }: Pick<HostFacts, 'uid' | 'gid'>,
  user: UserFacts,
): string {
  const { kind, inside, outside, count } = map;
  const isUid = kind === 'uid';
  const spans = isUid ? user.subuids : user.subgids;
  if (count === 1 && outside === (isUid ? uid : gid)) return '';
  if (isWithin({ first: outside, count }, spans)) return '';
  const wanted = spanText({ first: outside, count });
  const given = spans.length === 0 ? 'none' : spans.map(spanText).join(', ');
  return (
    `lxc.idmap = ${isUid ? 'u' : 'g'} ${inside} ${outside} ${count}: the ${kind}s ${wanted} are not all ${user.name}'s; ` +
    `/etc/sub${kind} gives ${given}; mend: usermod --add-sub${kind}s ${wanted} ${user.name} (as root)`
  );
}

function checkNetworks({ config, findings }: Compilation, user: UserFacts): void {
  for (const network of config.networks) {
    const { index, type, link } = network;
    const key = `lxc.net.${index}.type = ${type.value}`;
    if (!USERS_TYPES.has(type.value))
      findings.refuse(type.at, `${key}: only root may have it; users have veth, passt, empty and none`);
    if (type.value !== 'veth') continue;
    checkVeth(network, findings);
    if (link === undefined)
      findings.refuse(
        type.at,
        `${key}: lxc.net.${index}.link must name a bridge: users may have no other pairs`,
      );
    const check = userNic(user);
    const bridge = link?.value ?? 'tlxcbr0';
    if (check.level !== 'ok')
      findings.refuse(
        type.at,
        `${key}: ${check.found}; mend: ${check.mend}, and the line "${user.name} veth ${bridge} 10" in ` +
          `/etc/tlxc/tlxc-usernet; or write tlxc.net.${index}.type = passt, which takes no more than the package passt`,
      );
  }
}

/** tlxc-user-nic makes a port of a bridge, and nothing more of the host changes. */
function checkVeth({ index, veth, l2proxy }: NetworkConfig, findings: Findings): void {
  const router = veth.mode?.value === 'router' ? veth.mode : undefined;
  const settings: [string, Sourced<unknown> | undefined][] = [
    ['l2proxy', l2proxy?.value ? l2proxy : undefined],
    ['veth.mode', router],
    ['veth.n_rxqueues', veth.rxQueues],
    ['veth.n_txqueues', veth.txQueues],
    ['veth.ipv4.route', veth.ipv4Routes[0]],
    ['veth.ipv6.route', veth.ipv6Routes[0]],
    ['veth.vlan.id', veth.vlan],
    ['veth.vlan.tagged.id', veth.taggedVlans[0]],
  ];
  for (const [name, setting] of settings)
    if (setting)
      findings.refuse(
        setting.at,
        `lxc.net.${index}.${name}: only root may have it: it changes the host's network`,
      );
  if (veth.pair)
    findings.warn(
      veth.pair.at,
      `lxc.net.${index}.veth.pair: it has no effect for a user: tlxc-user-nic gives the name`,
    );
}
