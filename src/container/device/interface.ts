/** Interfaces of the host's that come into a running container and go back. */
import { TlxcError } from '../../errors.ts';
import { errnoName } from '../../errno.ts';
import type { MonitorInfo, Refusal } from '../../monitor/protocol.ts';
import { askRunning, withRunning, type DeviceRequest } from './device.ts';

/** By the executor's word for it: what failed, and what can be done. */
const REASONS: Readonly<
  Record<
    string,
    (name: string, request: DeviceRequest) => { readonly message: string; readonly hint: string }
  >
> = {
  'name-taken-inside': (taken, { name, device }) => ({
    message: `the container has an interface named ${taken} already`,
    hint: `another name inside is the last word: tlxc-device -n ${name} add ${device} OTHER`,
  }),
  'name-taken-outside': (taken, { name, device }) => ({
    message: `the host has an interface named ${taken} already`,
    hint: `another name on the host is the last word: tlxc-device -n ${name} del ${device} OTHER`,
  }),
  'bad-interface-name': (wrong) => ({
    message: `'${wrong}' is no name of an interface: up to 15 characters, none of them a slash or blank`,
    hint: 'give it one such as eth1',
  }),
};

function refusalOf(request: DeviceRequest, reply: Refusal, side: 'host' | 'container'): TlxcError {
  const reason = REASONS[reply.detail ?? '']?.(reply.path ?? '', request);
  const { name, device } = request;
  if (reason) return new TlxcError({ code: 'TLXC_E_NETWORK', ...reason, container: name });
  const errno = errnoName(reply.errno);
  if (errno === 'ENODEV' && reply.syscall === 'RTM_GETLINK') {
    const message = `the ${side} has no network interface named ${reply.path ?? device}`;
    const list = side === 'host' ? 'ip link' : `tlxc-attach -n ${name} -- ip link`;
    const hint = `"${list}" lists those that are there; a device node is meant by its path: /dev/NAME`;
    return new TlxcError({ code: 'TLXC_E_NOT_FOUND', message, container: name, hint });
  }
  const detail = [reply.syscall, reply.detail].filter(Boolean).join(', ');
  const message = `cannot move ${device}${detail && ` (${detail})`}`;
  return new TlxcError({
    code: 'TLXC_E_NETWORK',
    message,
    container: name,
    ...(reply.errno !== 0 && { errno }),
  });
}

function expectOwnNetwork({ name }: DeviceRequest, info: MonitorInfo): void {
  if (info.namespaces.includes('net')) return;
  const message = "the container's network is the host's: it has all interfaces already";
  throw new TlxcError({
    code: 'TLXC_E_NETWORK',
    message,
    container: name,
    hint: 'one with a network of its own (lxc.net.0.type = veth or empty) takes devices',
  });
}

/** Lends it to the running container, down and without addresses. Throws TLXC_E_NOT_FOUND, TLXC_E_NETWORK. */
export function addInterface(request: DeviceRequest): Promise<void> {
  return withRunning(request, ({ paths, info }) => {
    expectOwnNetwork(request, info);
    const { device, target = device } = request;
    const { reply } = askRunning(paths, { op: 'plug-in', host: device, inside: target });
    if (!reply.ok) throw refusalOf(request, reply, 'host');
  });
}

/** Brings it back: with name, MTU and addresses where it was lent. Throws TLXC_E_NOT_FOUND, TLXC_E_NETWORK. */
export function removeInterface(request: DeviceRequest): Promise<void> {
  return withRunning(request, ({ paths, info }) => {
    expectOwnNetwork(request, info);
    const { device, target = '' } = request;
    const { reply } = askRunning(paths, { op: 'unplug', host: target, inside: device });
    if (!reply.ok) throw refusalOf(request, reply, 'container');
  });
}
