/** lxc.idmap: the user namespace's maps, checked for what the kernel would refuse with a bare EINVAL. */
import type { IdMap, Sourced } from '../config/model.ts';
import type { Compilation, Findings } from './input.ts';
import { originOf } from './input.ts';
import type { IdMapEntry } from './types.ts';

/** The kernel's limit of lines in one map (user_namespaces(7)). */
const MAX_EXTENTS = 340;
/** Ids are 32 bits wide and the last one means "none". */
const ID_LIMIT = 0xffffffff;

export function compileIdmap({ config, findings }: Compilation): IdMapEntry[] {
  if (config.idmap.length > 0) checkMaps(config.idmap, findings);
  return config.idmap.map(({ value, at }) => ({ ...value, origin: originOf(at) }));
}

/** True when the container's id has a place in its maps; without maps every id has. */
export function isMapped(maps: readonly Sourced<IdMap>[], kind: IdMap['kind'], id: number): boolean {
  if (maps.length === 0) return true;
  return maps.some(({ value: map }) => map.kind === kind && id >= map.inside && id < map.inside + map.count);
}

function checkMaps(maps: readonly Sourced<IdMap>[], findings: Findings): void {
  for (const kind of ['uid', 'gid'] as const) {
    const ofKind = maps.filter((map) => map.value.kind === kind);
    const letter = kind === 'uid' ? 'u' : 'g';
    if (ofKind.length > MAX_EXTENTS)
      findings.refuse(
        ofKind[MAX_EXTENTS]?.at,
        `lxc.idmap: the kernel takes at most ${MAX_EXTENTS} ${kind} maps`,
      );
    if (!isMapped(maps, kind, 0))
      findings.refuse(
        maps[0]?.at,
        `lxc.idmap: ${kind} 0, the container's root, is not mapped; add a line "${letter} 0 HOSTID RANGE"`,
      );
    checkOverlaps(ofKind, findings);
  }
}

function checkOverlaps(maps: readonly Sourced<IdMap>[], findings: Findings): void {
  maps.forEach(({ value: map, at }, index) => {
    if (map.count < 1 || map.inside + map.count > ID_LIMIT || map.outside + map.count > ID_LIMIT)
      findings.refuse(at, `lxc.idmap: a range of ${map.count} ids does not fit below ${ID_LIMIT}`);
    const clash = maps.slice(0, index).find(({ value: other }) => overlaps(map, other));
    if (clash) findings.refuse(at, `lxc.idmap: overlaps the map of line ${clash.at.line}`);
  });
}

function overlaps(a: IdMap, b: IdMap): boolean {
  const meet = (x: number, y: number) => x < y + b.count && y < x + a.count;
  return meet(a.inside, b.inside) || meet(a.outside, b.outside);
}
