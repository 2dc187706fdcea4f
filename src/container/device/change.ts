/** A device of the host given to a container, or taken back: live, and where it is wanted in its configuration. */
import { isDeviceClass, type DeviceClass } from '../../device-classes.ts';
import { addClass, forgetClass, hasInterface, hostHasInterface, removeClass, saveClass } from './class.ts';
import { addInterface, removeInterface } from './interface.ts';
import { addNode, removeNode } from './node.ts';
import type { DeviceRequest } from './device.ts';
import { changeSaved, forgetInterface, forgetNode, saveInterface, saveNode, type Edit } from './saved.ts';
import type { Environment } from '../../environment.ts';

/** With what the configuration is read, and which file of it is changed: the container's own unless given. */
export interface Saving {
  readonly environment: Environment;
  readonly file?: string | undefined;
}

export interface DeviceChange extends DeviceRequest {
  readonly adds: boolean;
  /** undefined: only the running container is changed. */
  readonly saving: Saving | undefined;
}

/** What is done to the running container, and what to its configuration. */
interface Change {
  readonly live: () => void | Promise<void>;
  /** Asked for where it is saved, before anything is done. Throws for what cannot be. */
  readonly edit: () => Edit;
}

const interfaceChange = (request: DeviceRequest, adds: boolean): Change =>
  adds
    ? { live: () => addInterface(request), edit: () => saveInterface(request) }
    : { live: () => removeInterface(request), edit: () => forgetInterface(request) };

const nodeChange = (request: DeviceRequest, adds: boolean): Change =>
  adds
    ? { live: () => addNode(request), edit: () => saveNode(request) }
    : { live: () => removeNode(request), edit: () => forgetNode(request) };

function classChange(request: DeviceRequest, adds: boolean, kind: DeviceClass): Change {
  const other = interfaceChange(request, adds);
  if (adds && hostHasInterface(kind)) return other;
  if (adds) return { live: () => addClass(request, kind), edit: () => saveClass(request, kind) };
  const edit = (): Edit => (document, config) => {
    forgetClass(kind)(document, config);
    other.edit()(document, config);
  };
  const live = async (): Promise<void> =>
    (await hasInterface(request)) ? other.live() : removeClass(request, kind);
  return { live, edit };
}

function changeOf(request: DeviceRequest, adds: boolean): Change {
  const { device } = request;
  if (isDeviceClass(device)) return classChange(request, adds, device);
  return (device.includes('/') ? nodeChange : interfaceChange)(request, adds);
}

/**
 * A device with a slash is a node, one of the words of tlxc.device a class of them (unless there is an interface of that name),
 * any other an interface. Throws TLXC_E_PERMISSION, TLXC_E_NOT_RUNNING (but not where it
 * is saved), TLXC_E_NOT_FOUND, TLXC_E_CONFIG, TLXC_E_SYSCALL.
 */
export async function changeDevice({ adds, saving, ...request }: DeviceChange): Promise<void> {
  const { live, edit } = changeOf(request, adds);
  if (saving === undefined) await live();
  else await changeSaved(request, { live, edit: edit(), ...saving });
}
