/**
 * lxc.cgroup.* and lxc.cgroup2.*: which hierarchy each limit is written to. A configuration may speak for both worlds
 * (LXC's common.conf does): then the one that the host has counts. Where it speaks for the other world only, it is
 * translated if there is an equal, else said aloud. A limit is never dropped in silence.
 */
import { BadValue } from '../config/key.ts';
import type { Sourced } from '../config/model.ts';
import type { CgroupMount } from '../host/facts.ts';
import type { CgroupValue } from './cgroup-table.ts';
import { equalsOf, translateSetting } from './cgroup-translation.ts';
import type { Compilation } from './input.ts';
import { originOf } from './input.ts';
import type { CgroupHierarchy } from './types.ts';

type Setting = CgroupHierarchy['settings'][number];
type Entry = Sourced<CgroupValue>;

/** The same resource under its other name. */
const COUNTERPARTS: Readonly<Record<string, string>> = {
  io: 'blkio',
  blkio: 'io',
  freezer: 'cgroup',
  cgroup: 'freezer',
  cpuacct: 'cpu',
};

/** v1 takes these only once others are written, whatever the order in the configuration; all others are 0. */
const RANKS: Readonly<Record<string, number>> = {
  'cpu.rt_period_us': -1,
  'memory.memsw.limit_in_bytes': 1,
  'cpu.cfs_burst_us': 1,
  'cpu.max.burst': 1,
};

/**
 * What a group does not hand down to those in it: written to the inner group, too, where the processes are. The limit
 * stays on the outer one.
 */
const NOT_HANDED_DOWN = new Set([
  'blkio.throttle.read_bps_device',
  'blkio.throttle.read_iops_device',
  'blkio.throttle.write_bps_device',
  'blkio.throttle.write_iops_device',
  'cpu.rt_period_us',
  'cpu.rt_runtime_us',
  'cpu.uclamp.min',
  'memory.low',
  'memory.min',
  'blkio.prio.class',
  'io.prio.class',
]);

export const handedDown = (file: string) => !NOT_HANDED_DOWN.has(file);

/** In the order in which they can be written. */
export const filesNotHandedDown = (controllers: readonly string[]): string[] =>
  [...NOT_HANDED_DOWN].filter((file) => controllers.includes(controllerOf(file)));

export const controllerOf = (file: string) => file.split('.', 1)[0] ?? file;

/** The settings of each hierarchy in the order written; devices are device-rules.ts's. */
export function compileSettings(
  mounts: readonly CgroupMount[],
  compilation: Compilation,
): ReadonlyMap<CgroupMount, readonly Setting[]> {
  const settings = new Map(mounts.map((mount) => [mount, [] as Setting[]]));
  const { cgroup1, cgroup2 } = compilation.config;
  const placing = { mounts, settings, compilation };
  for (const version of [1, 2] as const)
    for (const entry of version === 1 ? cgroup1 : cgroup2)
      if (controllerOf(entry.value.file) !== 'devices') place(entry, version, placing);
  const rank = ({ file }: Setting) => RANKS[file] ?? 0;
  for (const list of settings.values()) list.sort((a, b) => rank(a) - rank(b));
  return settings;
}

interface Placing {
  readonly mounts: readonly CgroupMount[];
  readonly settings: ReadonlyMap<CgroupMount, Setting[]>;
  readonly compilation: Compilation;
}

function place(entry: Entry, version: 1 | 2, placing: Placing): void {
  const { value, at } = entry;
  if (wouldNeverStart(value)) {
    const message = `${keyOf(value, version)} = ${value.value}: a container that is frozen before its init runs never starts`;
    placing.compilation.findings.refuse(at, message);
    return;
  }
  const home = hierarchyOf(controllerOf(value.file), version, placing.mounts);
  if (home) placing.settings.get(home)?.push({ ...value, origin: originOf(at) });
  else placeInOtherWorld(entry, version, placing);
}

function placeInOtherWorld(entry: Entry, version: 1 | 2, placing: Placing): void {
  const { value, at } = entry;
  const { config, findings, host } = placing.compilation;
  const otherVersion = version === 1 ? 2 : 1;
  const controller = controllerOf(value.file);
  const key = keyOf(value, version);
  if (!otherHierarchy(controller, otherVersion, placing.mounts)) {
    const ownWorld = version === 1 ? host.cgroupLayout !== 'v2' : host.cgroupLayout === 'v2';
    const message = `no cgroup hierarchy of this host has the controller ${controller}`;
    if (ownWorld) findings.refuse(at, `${key}: ${message}`);
    else findings.warn(at, `${key}: not set, ${message}`);
    return;
  }
  const spoken = new Set((version === 1 ? config.cgroup2 : config.cgroup1).map((each) => each.value.file));
  if (equalsOf(value.file, version).some((file) => spoken.has(file))) return;
  const why = placeTranslated(entry, version, placing);
  if (why !== '')
    findings.warn(at, `${key}: not set, this host has ${controller} as cgroup v${otherVersion}: ${why}`);
}

/** Why there is no equal, "" where it was placed, or refused. */
function placeTranslated({ value, at }: Entry, from: 1 | 2, placing: Placing): string {
  const { config, findings, host } = placing.compilation;
  const lines = [...config.cgroup1, ...config.cgroup2];
  const last = (file: string) => lines.findLast((each) => each.value.file === file)?.value.value;
  try {
    const translated = translateSetting(value, from, { last, blockWeights: host.blockWeights });
    if ('why' in translated) return translated.why;
    for (const each of translated) {
      const home = hierarchyOf(controllerOf(each.file), from === 1 ? 2 : 1, placing.mounts);
      if (!home) return `no cgroup hierarchy of this host has the controller ${controllerOf(each.file)}`;
      placing.settings.get(home)?.push({ ...each, origin: originOf(at) });
    }
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    findings.refuse(at, `${keyOf(value, from)} = ${value.value}: ${error.message}`);
  }
  return '';
}

const keyOf = ({ file }: CgroupValue, version: 1 | 2) => `lxc.cgroup${version === 2 ? '2' : ''}.${file}`;

const wouldNeverStart = ({ file, value }: CgroupValue) =>
  (file === 'freezer.state' && value !== 'THAWED') || (file === 'cgroup.freeze' && value !== '0');

export function hierarchyOf<Mount extends Pick<CgroupMount, 'controllers'> & { readonly version: number }>(
  controller: string,
  version: 1 | 2,
  mounts: readonly Mount[],
): Mount | undefined {
  // cgroup.* are the core's own files: every v2 group has them.
  return mounts.find(
    (mount) =>
      mount.version === version &&
      (mount.controllers.includes(controller) || (version === 2 && controller === 'cgroup')),
  );
}

const otherHierarchy = (controller: string, version: 1 | 2, mounts: readonly CgroupMount[]) =>
  hierarchyOf(controller, version, mounts) ?? hierarchyOf(COUNTERPARTS[controller] ?? '', version, mounts);
