/** tlxc.device: nodes of the host's devices for the container, and the rules that let it use them. */
import type { DeviceConfig, Sourced } from '../config/model.ts';
import { DEVICE_CLASSES, isDeviceClass } from '../device-classes.ts';
import type { HostDevice } from '../host/devices.ts';
import { isMapped, mapsToThemselves } from './idmap.ts';
import { originOf, type Compilation } from './input.ts';
import type { HostNode, TreeStep } from './types.ts';

type Line = Sourced<DeviceConfig>;

/** A device as one line brings it. */
interface Given {
  readonly line: Line;
  readonly device: HostDevice;
}

const OTHERS = 0o006;

const found = ({ files }: Compilation, { value }: Line): readonly HostDevice[] => {
  const devices = files.devices?.[value.device] ?? [];
  return devices === 'other' ? [] : devices;
};

/** Where the kernel lets nobody here make nodes, the host's own is bound, whose owner is nobody inside. */
const isBound = ({ host }: Compilation): boolean => !host.makesNodes;

/** Root of a container in a container has the ids of root around it, who owns what that was given. */
const sharesIds = ({ host, config }: Compilation): boolean =>
  host.nested !== null && host.user === null && (config.idmap.length === 0 || mapsToThemselves(config.idmap));

const isUsable = (device: HostDevice, compilation: Compilation): boolean =>
  !isBound(compilation) || (device.mode & OTHERS) !== 0 || sharesIds(compilation);

const targetOf = ({ line, device }: Given): string => (line.value.inside || device.path).slice(1);

/** Of lines for one place the last counts. */
function given(compilation: Compilation): readonly Given[] {
  const all = compilation.config.devices.flatMap((line) =>
    found(compilation, line)
      .filter((device) => isUsable(device, compilation))
      .map((device) => ({ line, device })),
  );
  return [...new Map(all.map((each) => [targetOf(each), each])).values()];
}

/** Lines of the device list. */
export const givenRules = (compilation: Compilation): readonly Sourced<{ file: string; value: string }>[] =>
  given(compilation).map(({ line, device: { type, major, minor } }) => ({
    value: { file: 'devices.allow', value: `${type} ${major}:${minor} rwm` },
    at: line.at,
  }));

/** The nodes, and what is wrong with the lines. */
export function givenDevices(compilation: Compilation): TreeStep[] {
  const { config } = compilation;
  for (const line of config.devices) check(line, compilation);
  // There /dev is the host's own.
  if (config.rootfs.path?.value === 'none') return [];
  return given(compilation).map((each) => step(each, compilation));
}

function step(each: Given, compilation: Compilation): TreeStep {
  const { value, at } = each.line;
  const target = targetOf(each);
  return {
    op: 'give',
    target,
    node: nodeOf(each, target, compilation),
    bindFrom: isBound(compilation) ? each.device.path : '',
    optional: value.optional,
    origin: originOf(at),
  };
}

function nodeOf({ line, device }: Given, target: string, { config }: Compilation): HostNode {
  const { mode, uid, gid } = line.value;
  const outside = (kind: 'uid' | 'gid'): number =>
    config.idmap.find(({ value }) => value.kind === kind && value.inside === 0)?.value.outside ?? 0;
  return {
    kind: device.type === 'b' ? 'block' : 'char',
    major: device.major,
    minor: device.minor,
    mode: mode < 0 ? device.mode : mode,
    uid: Math.max(uid, 0),
    gid: Math.max(gid, 0),
    group: gid < 0 ? device.group : '',
    // One that is made outside of a /dev of this start's own would stay in the root filesystem.
    mounted: config.idmap.length > 0 || !config.autodev || !target.startsWith('dev/'),
    rootUid: outside('uid'),
    rootGid: outside('gid'),
  };
}

function check(line: Line, compilation: Compilation): void {
  const { value, at } = line;
  const { files, findings } = compilation;
  const refuse = (why: string, hint: string): void => findings.refuse(at, `tlxc.device: ${why}`, hint);
  const devices = found(compilation, line);
  if (files.devices?.[value.device] === 'other')
    refuse(`${value.device} is no device`, 'lxc.mount.entry shares what is none');
  else if (devices.length === 0 && !value.optional) refuse(lacks(value.device), WITHOUT);
  checkOwner(line, compilation);
  if (isBound(compilation)) checkBound(line, devices, compilation);
}

const WITHOUT = 'load its driver on the host, or write "optional" at the end of the line to start without it';

const lacks = (device: string): string =>
  isDeviceClass(device)
    ? `the host has no ${device} (${DEVICE_CLASSES[device].where})`
    : `the host has no ${device}`;

function checkOwner({ value, at }: Line, { config, findings }: Compilation): void {
  for (const kind of ['uid', 'gid'] as const)
    if (value[kind] >= 0 && !isMapped(config.idmap, kind, value[kind]))
      findings.refuse(
        at,
        `tlxc.device: the container has no ${kind} ${value[kind]}: no lxc.idmap line maps it`,
        `take one that it has, or leave ${kind}= out`,
      );
  if (config.rootfs.path?.value === 'none' && value.inside !== '')
    findings.refuse(
      at,
      "tlxc.device: a container on the host's own root has its devices where the host has them",
      'leave the arrow and the place out',
    );
}

function checkBound({ value, at }: Line, devices: readonly HostDevice[], compilation: Compilation): void {
  const { findings } = compilation;
  if (Math.max(value.mode, value.uid, value.gid) >= 0)
    findings.refuse(
      at,
      "tlxc.device: only the host's root gives a device another mode or owner",
      'leave mode=, uid= and gid= out',
    );
  const closed = devices.filter((device) => !isUsable(device, compilation));
  const names = closed
    .map(({ path, mode }) => `${path} (mode 0${mode.toString(8).padStart(3, '0')})`)
    .join(', ');
  if (closed.length === 0) return;
  const why = `${names} is for its owner and group alone, and nobody in the container is either`;
  if (closed.length < devices.length || value.optional) findings.warn(at, `${why}: it is left out`);
  else
    findings.refuse(
      at,
      `tlxc.device: ${why}`,
      'a udev rule on the host that says MODE="0666" opens it to everybody; containers of root need none',
    );
}
