/** Programs run as root of a user namespace: how a plain user gets at files that belong to subordinate ids. */
import { nativeFile } from '../package-root.ts';
import type { HostFacts, UserFacts } from './facts.ts';
import { withoutRepeats, type IdSpan } from './subordinate-ids.ts';

export interface MappedIds {
  readonly kind: 'uid' | 'gid';
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** A user namespace that newuidmap(1) and newgidmap(1) make. */
export interface Mapping {
  readonly newUidMap: string;
  readonly newGidMap: string;
  readonly maps: readonly MappedIds[];
}

/** argv, to be run as root of that namespace; null: as it is. */
export function asRootOf(mapping: Mapping | null, argv: readonly string[]): readonly string[] {
  if (mapping === null) return argv;
  const words = mapping.maps.map(
    ({ kind, inside, outside, count }) => `${kind === 'uid' ? 'u' : 'g'}:${inside}:${outside}:${count}`,
  );
  return [nativeFile('tlxc-mapped'), mapping.newUidMap, mapping.newGidMap, ...words, '--', ...argv];
}

/** What an id of the host's is inside; undefined: no map has it. */
function insideOf({ maps }: Mapping, kind: MappedIds['kind'], id: number): number | undefined {
  const map = maps.find((each) => each.kind === kind && id >= each.outside && id < each.outside + each.count);
  return map && map.inside + (id - map.outside);
}

/** The first id inside that no map has. */
const firstUnmapped = ({ maps }: Mapping, kind: MappedIds['kind']): number =>
  Math.max(0, ...maps.filter((map) => map.kind === kind).map(({ inside, count }) => inside + count));

/** What the user's own id is in withOwnIds' namespace. */
export const ownIdIn = (mapping: Mapping, kind: MappedIds['kind'], own: number): number =>
  insideOf(mapping, kind, own) ?? firstUnmapped(mapping, kind);

/**
 * The same with the user's own ids after all others, where they are not among them: for programs that also write the
 * user's own files.
 */
export function withOwnIds(mapping: Mapping, { uid, gid }: Pick<HostFacts, 'uid' | 'gid'>): Mapping {
  const own = [
    { kind: 'uid' as const, outside: uid },
    { kind: 'gid' as const, outside: gid },
  ];
  const added = own
    .filter(({ kind, outside }) => insideOf(mapping, kind, outside) === undefined)
    .map((each) => ({ ...each, inside: firstUnmapped(mapping, each.kind), count: 1 }));
  return { ...mapping, maps: [...mapping.maps, ...added] };
}

/**
 * A namespace whose root is the user itself, over all of the user's subordinate ids: it may remove, copy and give away
 * what any of the user's containers has. null where the user has none.
 */
export function everyIdOf(user: UserFacts, { uid, gid }: Pick<HostFacts, 'uid' | 'gid'>): Mapping | null {
  const { newUidMap, newGidMap, subuids, subgids } = user;
  if (newUidMap === '' || newGidMap === '' || subuids.length === 0 || subgids.length === 0) return null;
  const maps = [...inRow('uid', uid, subuids), ...inRow('gid', gid, subgids)];
  return { newUidMap, newGidMap, maps };
}

function inRow(kind: MappedIds['kind'], own: number, spans: readonly IdSpan[]): MappedIds[] {
  let inside = 1;
  const rest = withoutRepeats(spans)
    .flatMap((span) => without(span, own))
    .map(({ first, count }) => {
      const map = { kind, inside, outside: first, count };
      inside += count;
      return map;
    });
  return [{ kind, inside: 0, outside: own, count: 1 }, ...rest];
}

/** The kernel refuses an id that is mapped twice; a user's own may be among the subordinate ones. */
function without({ first, count }: IdSpan, own: number): IdSpan[] {
  if (own < first || own >= first + count) return [{ first, count }];
  const halves = [
    { first, count: own - first },
    { first: own + 1, count: first + count - own - 1 },
  ];
  return halves.filter((half) => half.count > 0);
}
