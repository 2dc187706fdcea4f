/** The nodes and links of a /dev that lxc.autodev fills. */
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

function freshDevices({ config }: Compilation): TreeStep[] {
  if (!config.autodev || config.rootfs.path?.value === 'none') return [];
  // The kernel lets no user namespace make device nodes, so the host's are bound there.
  const bound = config.idmap.length > 0;
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
