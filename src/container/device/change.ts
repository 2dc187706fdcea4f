/** A device of the host given to a container, or taken back: live, and where it is wanted in its configuration. */
import { addInterface, removeInterface } from './interface.ts';
import { addNode, hostNode, removeNode } from './node.ts';
import type { DeviceRequest } from './device.ts';
import {
  changeSaved,
  forgetInterface,
  forgetNode,
  saveInterface,
  saveNode,
  shortfall,
  type Edit,
} from './saved.ts';

/** With what the configuration is read, and which file of it is changed: the container's own unless given. */
export interface Saving {
  readonly environment: Readonly<Record<string, string | undefined>>;
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
  readonly edit: Edit;
  /** Of what is saved; "": nothing is to be said. */
  readonly warning: () => string;
}

function interfaceChange(request: DeviceRequest, adds: boolean): Change {
  const warning = (): string => '';
  return adds
    ? { live: () => addInterface(request), edit: saveInterface(request), warning }
    : { live: () => removeInterface(request), edit: forgetInterface(request), warning };
}

function nodeChange(request: DeviceRequest, adds: boolean): Change {
  if (!adds) return { live: () => removeNode(request), edit: forgetNode(request), warning: () => '' };
  let unprivileged = false;
  const edit: Edit = (document, config) => {
    unprivileged = config.idmap.length > 0;
    saveNode(request)(document, config);
  };
  return {
    live: () => addNode(request),
    edit,
    warning: () => shortfall(request, hostNode(request).mode, unprivileged),
  };
}

/**
 * A device with a slash is a node, any other an interface. Resolves to a warning, "" without one. Throws TLXC_E_PERMISSION,
 * TLXC_E_NOT_RUNNING (but not where it is saved), TLXC_E_NOT_FOUND, TLXC_E_CONFIG, TLXC_E_SYSCALL.
 */
export async function changeDevice({ adds, saving, ...request }: DeviceChange): Promise<string> {
  const isNode = request.device.includes('/');
  const { live, edit, warning } = (isNode ? nodeChange : interfaceChange)(request, adds);
  if (saving === undefined) {
    await live();
    return '';
  }
  await changeSaved(request, { live, edit, ...saving });
  return warning();
}
