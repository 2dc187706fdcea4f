/** backup/index.yaml of what Incus and LXD export: the facts that a container here can have. */
import { load } from 'js-yaml';
import { TlxcError } from '../../errors.ts';
import { amountOf, cpuLines, HWADDR, memoryLines, type Foreign } from './foreign.ts';
import { deviceOf, type Options } from './incus-devices.ts';

type Mapping = Readonly<Record<string, unknown>>;

const mapping = (value: unknown): Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Mapping) : {};
const text = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';

const refuse = (archive: string, why: string, hint: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_UNSUPPORTED', message: `${archive} ${why}`, path: archive, hint });

function parse(yaml: string, archive: string): Mapping {
  try {
    return mapping(load(yaml));
  } catch (cause) {
    const message = `${archive} is damaged: its backup/index.yaml is no YAML`;
    throw new TlxcError({ code: 'TLXC_E_IMAGE', message, path: archive, cause, hint: 'export it again' });
  }
}

/** Lines for a setting; null: there is no key for it. */
function linesOf(key: string, value: string): Foreign['lines'] | null {
  if (key === 'limits.memory') {
    const bytes = amountOf(value);
    return bytes === null ? null : memoryLines(bytes);
  }
  if (key === 'limits.cpu') return /^\d{1,4}$/.test(value) ? cpuLines(Number(value)) : null;
  if (key === 'boot.autostart') return value === 'true' ? [['lxc.start.auto', '1']] : [];
  const [, variable] = /^environment\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(key) ?? [];
  if (variable !== undefined && !/[\0\n\r]/.test(value)) return [['lxc.environment', `${variable}=${value}`]];
  return null;
}

/** Bookkeeping, what the archive shows itself, and words for people. */
const IDLE = /^(volatile|image|user)\.|^security\.(privileged|idmap)/;

const optionsOf = (device: unknown): Options =>
  Object.fromEntries(Object.entries(mapping(device)).map(([key, value]) => [key, text(value)]));

/** Its name and address; "" where there is none, or it was drawn at random elsewhere. */
function firstInterface(devices: readonly (readonly [string, unknown])[], config: Mapping) {
  const [name = '', device] = devices.find(([, each]) => mapping(each)['type'] === 'nic') ?? [];
  const options = optionsOf(device);
  const hwaddr = options['hwaddr'] ?? text(config[`volatile.${name}.hwaddr`]);
  return {
    name,
    hwaddr: HWADDR.test(hwaddr) ? hwaddr : '',
    elsewhere: isElsewhere(options)
      ? [`device ${name} (nic, ${options['nictype']}): it is one on the bridge`]
      : [],
  };
}

/** Neither on a bridge nor on a network of Incus' own, which has one. */
const isElsewhere = ({ nictype = 'bridged' }: Options): boolean => !['bridged', 'p2p'].includes(nictype);

/** `archive`: its path, for errors. Throws TLXC_E_UNSUPPORTED for a virtual machine, or what only their own storage can read. */
export function readIncus(yaml: string, archive: string): Foreign {
  const index = parse(yaml, archive);
  if (index['type'] === 'virtual-machine')
    throw refuse(archive, 'is a virtual machine', 'only containers can be imported');
  if (index['optimized'] === true)
    throw refuse(
      archive,
      'holds the root filesystem as its storage has it',
      'export it once more, without optimized storage (no --optimized-storage)',
    );
  const config = mapping(index['config']);
  const container = mapping(config['container'] ?? config['instance']);
  const settings = Object.entries(mapping(container['expanded_config'] ?? container['config']));
  const devices = Object.entries(mapping(container['expanded_devices'] ?? container['devices']));
  const read = settings.map(([key, value]) => ({
    key,
    value: text(value),
    lines: linesOf(key, text(value)),
  }));
  const nic = firstInterface(devices, mapping(container['config']));
  const others = devices
    .map(([name, device]) => [name, optionsOf(device)] as const)
    .filter(([name, { path, type }]) => name !== nic.name && path !== '/' && type !== 'none');
  const snapshots = Array.isArray(index['snapshots']) ? index['snapshots'].map(text) : [];
  return {
    name: text(index['name']),
    prefix: 'backup/container/rootfs',
    excludes: [],
    lines: read.flatMap(({ lines }) => lines ?? []),
    devices: others.map(([name, device]) => deviceOf(name, device)),
    hwaddr: nic.hwaddr,
    leftOut: [
      ...nic.elsewhere,
      ...read
        .filter(({ key, lines }) => lines === null && !IDLE.test(key))
        .map(({ key, value }) => `${key} = ${value}`),
      ...(snapshots.length > 0 ? [`snapshots ${snapshots.join(', ')}`] : []),
    ],
  };
}
