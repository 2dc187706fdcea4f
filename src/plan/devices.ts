/** The nodes and links of a /dev that lxc.autodev fills. */
import type { ContainerConfig } from '../config/model.ts';
import { ANY_DEVICE, type DeviceRule, type Entry } from './device-rules.ts';
import { givenDevices } from './given-devices.ts';
import type { Compilation } from './input.ts';
import { NO_ORIGIN } from './input.ts';
import type { TreeStep } from './types.ts';

/** Name, major and minor; LXC's list, Documentation/admin-guide/devices.txt. */
const NODES: readonly [string, number, number][] = [
  ['full', 1, 7],
  ['null', 1, 3],
  ['random', 1, 8],
  ['tty', 5, 0],
  ['urandom', 1, 9],
  ['zero', 1, 5],
];
const LINKS: readonly [string, string][] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
];
const READ_WRITE_ALL = 0o666;

export function compileDevices(compilation: Compilation): TreeStep[] {
  return [...freshDevices(compilation), ...givenDevices(compilation)];
}

/**
 * What a list that denies lacks for a start, and no more: as with LXC, whose list comes into force later, the nodes of /dev are
 * there, opened as far as the list says, and so are the terminals, which are the container's own.
 */
export function startRules(
  { config, host }: Compilation,
  written: readonly Entry[],
  rules: readonly DeviceRule[],
): readonly Entry[] {
  const all = rules.findLastIndex(({ type }) => type === 'a');
  const [line] = written;
  if (line === undefined || all === -1 || rules[all]?.allow) return [];
  const listed = rules.slice(all + 1).filter(({ type, allow }) => allow && type === 'c');
  const makes = fillsDev(config) && config.idmap.length === 0 && host.makesNodes;
  return [...(makes ? NODES.map(([, major, minor]) => ({ major, minor, access: 'm' })) : []), ...TERMINALS]
    .filter((needed) => !listed.some((rule) => grants(rule, needed)))
    .map(({ major, minor, access }) => ({
      value: { file: 'devices.allow', value: `c ${major}:${minor === ANY_DEVICE ? '*' : minor} ${access}` },
      at: line.at,
    }));
}

type Needed = Pick<DeviceRule, 'major' | 'minor' | 'access'>;

/** Those of devpts: ptmx, and whatever it gives. */
const TERMINALS: readonly Needed[] = [
  { major: 5, minor: 2, access: 'rw' },
  { major: 136, minor: ANY_DEVICE, access: 'rw' },
];

const grants = (rule: DeviceRule, { major, minor, access }: Needed): boolean =>
  [ANY_DEVICE, major].includes(rule.major) &&
  [ANY_DEVICE, minor].includes(rule.minor) &&
  access.split('').every((each) => rule.access.includes(each));

const fillsDev = (config: ContainerConfig): boolean => config.autodev && config.rootfs.path?.value !== 'none';

function freshDevices({ config, host }: Compilation): TreeStep[] {
  if (!fillsDev(config)) return [];
  // The kernel lets no user namespace make device nodes, so the host's are bound there.
  const bound = config.idmap.length > 0 || !host.makesNodes;
  return [
    ...NODES.map(([name, major, minor]) => ({
      op: 'device' as const,
      target: `dev/${name}`,
      major,
      minor,
      mode: READ_WRITE_ALL,
      bindFrom: bound ? `/dev/${name}` : '',
      origin: NO_ORIGIN,
    })),
    ...LINKS.map(([name, to]) => ({ op: 'symlink' as const, target: `dev/${name}`, to, origin: NO_ORIGIN })),
  ];
}
