/**
 * lxc.cgroup.* and lxc.cgroup2.*: which hierarchy each limit is written to. A configuration may speak for both worlds
 * (LXC's common.conf does): then the one that the host has counts. Where it speaks for the other world only, it is
 * translated if that is exact, else said aloud. A limit is never dropped in silence.
 */
import type { Sourced } from '../config/model.ts';
import type { CgroupMount } from '../host/facts.ts';
import { translateSetting } from './cgroup-translation.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { CgroupHierarchy } from './types.ts';

export interface CgroupValue {
  readonly file: string;
  readonly value: string;
}
type Setting = CgroupHierarchy['settings'][number];

/** The same resource under its other name. */
const COUNTERPARTS: Readonly<Record<string, string>> = { io: 'blkio', blkio: 'io' };

export const controllerOf = (file: string) => file.split('.', 1)[0] ?? file;

/** The settings of each hierarchy in the order written; devices are device-rules.ts's. */
export function compileSettings(
  mounts: readonly CgroupMount[],
  compilation: Compilation,
): ReadonlyMap<CgroupMount, Setting[]> {
  const settings = new Map(mounts.map((mount) => [mount, [] as Setting[]]));
  const { cgroup1, cgroup2 } = compilation.config;
  const worlds = [
    { version: 1 as const, entries: cgroup1, others: cgroup2 },
    { version: 2 as const, entries: cgroup2, others: cgroup1 },
  ];
  for (const { version, entries, others } of worlds)
    for (const entry of entries) {
      if (controllerOf(entry.value.file) === 'devices') continue;
      const spoken = others.some((other) => sameResource(other.value.file, entry.value.file));
      place(entry, version, { mounts, settings, spoken, entries, compilation });
    }
  for (const list of settings.values()) swapLimitLast(list);
  return settings;
}

interface Place {
  readonly mounts: readonly CgroupMount[];
  readonly settings: ReadonlyMap<CgroupMount, Setting[]>;
  /** The configuration has this resource's limits in the other world's words too. */
  readonly spoken: boolean;
  readonly entries: readonly Sourced<CgroupValue>[];
  readonly compilation: Compilation;
}

function place(entry: Sourced<CgroupValue>, version: 1 | 2, to: Place): void {
  const { value, at } = entry;
  const { findings, host } = to.compilation;
  const origin = originOf(at);
  const home = hierarchyOf(controllerOf(value.file), version, to.mounts);
  if (home) {
    to.settings.get(home)?.push({ ...value, origin });
    return;
  }
  const otherVersion = version === 1 ? 2 : 1;
  const other = otherHierarchy(controllerOf(value.file), otherVersion, to.mounts);
  if (other && to.spoken) return;
  const key = `lxc.cgroup${version === 2 ? '2' : ''}.${value.file}`;
  const translated =
    other &&
    translateSetting(
      value,
      version,
      to.entries.map((each) => each.value),
    );
  if (other && translated) to.settings.get(other)?.push(...translated.map((each) => ({ ...each, origin })));
  else if (other)
    findings.warn(
      at,
      `${key}: not set, this host has ${controllerOf(value.file)} as cgroup v${otherVersion} and the key has no equal there`,
    );
  else if (version === 2 && host.cgroupLayout !== 'v2')
    findings.warn(at, `${key}: not set, no cgroup hierarchy of this host has that controller`);
  else
    findings.refuse(
      at,
      `${key}: no cgroup hierarchy of this host has the controller ${controllerOf(value.file)}`,
    );
}

function hierarchyOf(
  controller: string,
  version: 1 | 2,
  mounts: readonly CgroupMount[],
): CgroupMount | undefined {
  // cgroup.* are the core's own files: every v2 group has them.
  return mounts.find(
    (mount) =>
      mount.version === version &&
      (mount.controllers.includes(controller) || (version === 2 && controller === 'cgroup')),
  );
}

function otherHierarchy(
  controller: string,
  version: 1 | 2,
  mounts: readonly CgroupMount[],
): CgroupMount | undefined {
  return (
    hierarchyOf(controller, version, mounts) ?? hierarchyOf(COUNTERPARTS[controller] ?? '', version, mounts)
  );
}

function sameResource(a: string, b: string): boolean {
  const [x, y] = [controllerOf(a), controllerOf(b)];
  return x === y || COUNTERPARTS[x] === y;
}

/** v1 takes the limit of memory and swap only after the one of memory, whatever the order written. */
function swapLimitLast(settings: Setting[]): void {
  const rank = (setting: Setting) => (setting.file === 'memory.memsw.limit_in_bytes' ? 1 : 0);
  settings.sort((a, b) => rank(a) - rank(b));
}
