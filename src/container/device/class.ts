/** All devices of a class that a word names (gpu, kvm, tun …) in a running container, and the line that keeps them. */
import { readFileSync } from 'node:fs';
import type { ConfigDocument } from '../../config/document.ts';
import { BadValue } from '../../config/key.ts';
import { device as parseDevice } from '../../config/values/device.ts';
import { DEVICE_CLASSES, isOfClass, type DeviceClass } from '../../device-classes.ts';
import { TlxcError } from '../../errors.ts';
import { devicesOf } from '../../host/devices.ts';
import { withRunning, type DeviceRequest } from './device.ts';
import { addNode, removeNode } from './node.ts';
import type { Edit } from './saved.ts';

/** Each stands where the host has it. */
function refuseTarget({ name, device, target }: DeviceRequest): void {
  if (target === undefined) return;
  throw new TlxcError({
    code: 'TLXC_E_USAGE',
    message: `a class has no place: ${device} stands where the host has it`,
    container: name,
    hint: 'a single device of it is named by its path, and may have another place',
  });
}

function absent({ name }: DeviceRequest, kind: DeviceClass): TlxcError {
  return new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: `the host has no ${kind} (${DEVICE_CLASSES[kind].where})`,
    container: name,
    hint: 'load its driver on the host (modprobe); saved (--saved), a container that does not run gets what is there when it starts',
  });
}

const live = (request: DeviceRequest, device: string): DeviceRequest => ({ ...request, device });

/** All of them or none. Throws TLXC_E_NOT_FOUND where the host has none, and as addNode. */
export async function addClass(request: DeviceRequest, kind: DeviceClass): Promise<void> {
  refuseTarget(request);
  const given = await withRunning(request, ({ info }) => new Set(info.devices.map(({ inside }) => inside)));
  const paths = devicesOf(kind).map(({ path }) => path);
  if (paths.length === 0) throw absent(request, kind);
  const added: string[] = [];
  try {
    for (const path of paths) {
      await addNode(live(request, path));
      if (!given.has(path)) added.push(path);
    }
  } catch (error) {
    // What was thrown first tells why.
    for (const path of added) await removeNode(live(request, path)).catch(() => undefined);
    throw error;
  }
}

/** Those that the host has, and those that it had when they were given. Throws as removeNode. */
export async function removeClass(request: DeviceRequest, kind: DeviceClass): Promise<void> {
  refuseTarget(request);
  const given = await withRunning(request, ({ info }) =>
    info.devices.filter(({ host }) => isOfClass(kind, host)).map(({ inside }) => inside),
  );
  const paths = new Set([...given, ...devicesOf(kind).map(({ path }) => path)]);
  if (paths.size === 0) throw absent(request, kind);
  for (const path of paths) await removeNode(live(request, path));
}

/** Whether the line brings the class; a start says what is wrong with one that is none. */
function brings(line: string, kind: DeviceClass): boolean {
  try {
    return parseDevice(line).device === kind;
  } catch (error) {
    if (error instanceof BadValue) return false;
    throw error;
  }
}

const linesOf = (document: ConfigDocument, kind: DeviceClass): readonly string[] =>
  document.values('tlxc.device').filter((line) => brings(line, kind));

/** A host that lacks them at the next start does not keep the container from starting. */
export function saveClass(request: DeviceRequest, kind: DeviceClass): Edit {
  refuseTarget(request);
  return (document) => {
    if (linesOf(document, kind).length === 0) document.append('tlxc.device', `${kind} optional`);
  };
}

export const forgetClass =
  (kind: DeviceClass): Edit =>
  (document) => {
    for (const line of linesOf(document, kind)) document.remove('tlxc.device', line);
  };

/** Of the network that the process is in: /sys may be another one's. */
const isInterface = (name: string, process: number | 'self'): boolean =>
  readFileSync(`/proc/${process}/net/dev`, 'utf8')
    .split('\n')
    .some((line) => line.trimStart().startsWith(`${name}:`));

/** An interface of that name is meant first, as with LXC: the host's to give it, the container's to take it back. */
export const hostHasInterface = (name: string): boolean => isInterface(name, 'self');

export const hasInterface = (request: DeviceRequest): Promise<boolean> =>
  withRunning(request, ({ info }) => isInterface(request.device, info.initPid));
