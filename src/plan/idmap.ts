/** lxc.idmap: the user namespace's maps. The loader has refused overlaps; here, what a container could not run with. */
import type { IdMap, Sourced } from '../config/model.ts';
import type { Compilation, Findings } from './input.ts';
import { originOf } from './input.ts';
import type { IdMapEntry } from './types.ts';

/** The kernel's limit of lines in one map (user_namespaces(7)). */
const MAX_EXTENTS = 340;

export function compileIdmap({ config, findings }: Compilation): IdMapEntry[] {
  if (config.idmap.length > 0) checkMaps(config.idmap, findings);
  return config.idmap.map(({ value, at }) => ({ ...value, origin: originOf(at) }));
}

/** True when the container's id has a place in its maps; without maps every id has. */
export function isMapped(maps: readonly Sourced<IdMap>[], kind: IdMap['kind'], id: number): boolean {
  if (maps.length === 0) return true;
  return maps.some(({ value: map }) => map.kind === kind && id >= map.inside && id < map.inside + map.count);
}

/** Each id that is mapped is the same inside: the files of its root filesystem have no others. */
export const mapsToThemselves = (maps: readonly Sourced<IdMap>[]): boolean =>
  maps.length > 0 && maps.every(({ value: { inside, outside } }) => inside === outside);

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
  }
}
