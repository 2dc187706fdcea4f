/** Device nodes of the host's in a running container, and what its device list says of them. */
import { readFileSync } from 'node:fs';
import { placeInside } from '../../config/values/device.ts';
import { TlxcError } from '../../errors.ts';
import { errnoName } from '../../errno.ts';
import { deviceAt, type HostDevice } from '../../host/devices.ts';
import { probeHost } from '../../host/probe.ts';
import { endedWithin, startProgram } from '../../host/program.ts';
import type { GivenDevice, MonitorInfo, StartMessage, StepFailure } from '../../monitor/protocol.ts';
import { nativeFile } from '../../package-root.ts';
import type { DeviceNode } from '../../plan/types.ts';
import { broughtFrom } from './entries.ts';
import { askRunning, withRunning, type DeviceRequest, type Running } from './device.ts';

type Numbers = Pick<HostDevice, 'type' | 'major' | 'minor'>;
type Device = Omit<HostDevice, 'path'>;

/** A lookup in the container's tree ends within this, unless a filesystem of the container's does not answer. */
const NODE_MS = 5000;

/** The host's node, links followed. Throws TLXC_E_NOT_FOUND unless it is one. */
export function hostNode({ name, device }: Pick<DeviceRequest, 'name' | 'device'>): HostDevice {
  const found = deviceAt(device);
  const refuse = (message: string, hint: string) =>
    new TlxcError({ code: 'TLXC_E_NOT_FOUND', message, container: name, hint });
  if (found === 'absent')
    throw refuse(`the host has no ${device}`, 'a network interface is named without a slash: eth1');
  if (found === 'other')
    throw refuse(
      `${device} is no device`,
      'what is no device is shared by a mount: lxc.mount.entry in the configuration',
    );
  return found;
}

/** "/dev//cam" -> "/dev/cam". Throws TLXC_E_USAGE for what names no file of the container's. */
export function insidePath({ name, device, target = device }: DeviceRequest): string {
  const place = placeInside(target);
  if (place !== undefined) return place;
  const message = `'${target}' is no place for a node: it is a path in the container that begins with a slash, without ".."`;
  throw new TlxcError({ code: 'TLXC_E_USAGE', message, container: name });
}

/** The host's id of the container's id 0, from the kernel's map of its user namespace. */
function hostId(pid: number, kind: 'uid' | 'gid'): number {
  const map = readFileSync(`/proc/${pid}/${kind}_map`, 'utf8');
  const first = map.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return first.find(([inside]) => inside === 0)?.[1] ?? 0;
}

/** As the host has it, for root, or the group of the same name in the container. */
function nodeOf(info: MonitorInfo, path: string, { type, major, minor, mode, group }: Device): DeviceNode {
  const mounted = info.namespaces.includes('user');
  const node = {
    kind: type === 'b' ? ('block' as const) : ('char' as const),
    ...{ major, minor, mode, group, mounted },
    ...{ uid: 0, gid: 0 },
    rootUid: mounted ? hostId(info.initPid, 'uid') : 0,
    rootGid: mounted ? hostId(info.initPid, 'gid') : 0,
  };
  return { target: path.slice(1), node };
}

/** What is to be said of a failure, by the executor's word for it or the errno. */
function nodeError({ paths }: Running, action: string, failed: StepFailure): TlxcError {
  const errno = errnoName(failed.errno);
  const reasons: Record<string, readonly [string, string]> = {
    exists: [
      `the container has ${failed.path} already, and it is not this device`,
      'another place is the last word: tlxc-device -n NAME add DEV /dev/OTHER',
    ],
    nodev: [
      `the filesystem of ${failed.path} in the container takes no devices (nodev)`,
      'choose a place in /dev: tlxc-device -n NAME add DEV /dev/OTHER',
    ],
    'another-file': [`${failed.path} in the container is not this device any more`, 'it is left as it is'],
    ELOOP: [
      `a symbolic link is on the way to ${failed.path} in the container, and none is followed`,
      'name the place that it leads to',
    ],
  };
  const [message, hint] = reasons[failed.detail] ?? reasons[errno] ?? [];
  const plain = `cannot ${action} ${failed.path} in the container (${[failed.syscall, failed.detail].filter(Boolean).join(', ')})`;
  return new TlxcError({
    code: failed.detail === 'exists' ? 'TLXC_E_EXISTS' : 'TLXC_E_SYSCALL',
    message: message ?? plain,
    container: paths.name,
    ...(hint !== undefined && { hint }),
    ...(message === undefined && failed.errno !== 0 && { errno }),
  });
}

/** Has it made or removed by a process that stands in the container. Throws TLXC_E_EXISTS, TLXC_E_SYSCALL. */
async function changeNode(
  running: Running,
  errand: 'add-node' | 'del-node',
  node: DeviceNode,
): Promise<void> {
  const words: string[] = [];
  const program = startProgram([nativeFile('tlxc-monitor'), errand, JSON.stringify(node)], {
    stdin: running.pidfd,
    stdout: (line) => void words.push(line),
  });
  const { status, signal } = await endedWithin(program, NODE_MS);
  if (status === 0) return;
  const said = words.map((line) => JSON.parse(line) as StartMessage).at(-1);
  const action = errand === 'add-node' ? 'make' : 'remove';
  if (said?.kind === 'failed') throw nodeError(running, action, { ...said, path: `/${node.target}` });
  throw new TlxcError({
    code: 'TLXC_E_TIMEOUT',
    message: `cannot ${action} /${node.target} in the container: ${signal === 'SIGKILL' ? 'a filesystem of the container does not answer' : `tlxc-monitor ended (${signal ?? status})`}`,
    container: running.paths.name,
    hint: `try again; tlxc-stop ends a container that hangs`,
  });
}

function changeList({ paths }: Running, op: 'allow-device' | 'forbid-device', device: GivenDevice): void {
  const { reply } = askRunning(paths, { op, ...device });
  if (reply.ok) return;
  const other = reply.detail === 'other-device';
  throw new TlxcError({
    code: other ? 'TLXC_E_EXISTS' : 'TLXC_E_SYSCALL',
    message: other
      ? `the container was given another device as ${device.inside} already`
      : `cannot change the container's device list (${[reply.syscall, reply.path].filter(Boolean).join(', ')})`,
    container: paths.name,
    ...(reply.errno !== 0 && { errno: errnoName(reply.errno) }),
  });
}

/** A start binds the node, before the container's own mounts; one that runs would have to be given a new one. */
function refuseNested({ name, device }: DeviceRequest): void {
  if (probeHost().nested === null) return;
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `${device} cannot be given while it runs: in an unprivileged container the kernel lets nobody make device nodes`,
    container: name,
    hint: `tlxc.device = ${device} in its configuration gives it from the next start on`,
  });
}

/**
 * Makes the host's node (device) in the container at target, for its root to use, and opens its device list for it.
 * Throws TLXC_E_NOT_FOUND, TLXC_E_EXISTS, TLXC_E_SYSCALL; the container is as before then.
 */
export function addNode(request: DeviceRequest): Promise<void> {
  return withRunning(request, async (running) => {
    refuseNested(request);
    const found = hostNode(request);
    const { type, major, minor } = found;
    const inside = insidePath(request);
    const device: GivenDevice = { host: request.device, inside, type, major, minor };
    const known = running.info.devices.some((each) => each.inside === inside);
    changeList(running, 'allow-device', device);
    try {
      await changeNode(running, 'add-node', nodeOf(running.info, inside, found));
    } catch (error) {
      if (!known) changeList(running, 'forbid-device', device);
      throw error;
    }
  });
}

/**
 * Removes a node from the container and closes its device list for it, but for what the configuration allows beside it.
 * It is named by its path on the host or inside. Throws TLXC_E_NOT_FOUND, TLXC_E_SYSCALL.
 */
export function removeNode(request: DeviceRequest): Promise<void> {
  return withRunning(request, async (running) => {
    const inside = insidePath(request);
    const { devices } = running.info;
    const given =
      devices.find((each) => each.inside === inside) ??
      devices.find((each) => request.target === undefined && each.host === request.device);
    const device = given ?? { host: request.device, inside, ...numbersOf(request, running, inside) };
    // The list is the wall: what the container has put in the node's place is not to keep it open.
    changeList(running, 'forbid-device', device);
    await changeNode(
      running,
      'del-node',
      nodeOf(running.info, device.inside, { ...device, mode: 0, group: '' }),
    );
  });
}

/** Of a device that was not given while it runs: what its configuration binds there, else the host's of that path. */
function numbersOf(request: DeviceRequest, { paths }: Running, inside: string): Numbers {
  const device = broughtFrom(paths.config, inside) ?? request.device;
  const { type, major, minor } = hostNode({ ...request, device });
  return { type, major, minor };
}
