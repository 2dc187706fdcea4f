/** Devices of the host's, and ports, that a running container is given and that are taken back. */
import type { MonitorForward } from '../../monitor/protocol.ts';
import { changeDevice, type DeviceChange } from '../device/change.ts';
import { listDevices, type ListedDevice } from '../device/list.ts';
import { addProxy, listProxies, removeProxy } from '../device/proxy.ts';
import type { Located } from './place.ts';

/** How a device is given, or taken back. */
export interface DeviceOptions {
  /** What it is called on the other side: a path inside, or the name of an interface; the same unless given. */
  readonly target?: string;
  /** The configuration is changed alike, for its next start; a container that does not run is no error then. */
  readonly saved?: boolean;
}

/** What tlxc-device does. All methods throw TlxcError. */
export class Devices {
  readonly #container: Located;

  /** @internal */
  constructor(container: Located) {
    this.#container = container;
  }

  /** Gives it a device node by its absolute path on the host, all of a class by its word ('gpu'), or an interface by its name. Only root may. */
  add(device: string, options: DeviceOptions = {}): Promise<void> {
    return this.#change(device, { ...options, adds: true });
  }

  /** Takes one back, by its path or name inside, or its class. */
  remove(device: string, options: DeviceOptions = {}): Promise<void> {
    return this.#change(device, { ...options, adds: false });
  }

  /** Leads a port or a socket of the host into it, as tlxc.net.N.forward has it: 'tcp 8080 -> 80'. */
  forward(line: string, { saved = false }: Pick<DeviceOptions, 'saved'> = {}): Promise<void> {
    return addProxy({ ...this.#container, line, saved: saved ? this.#container : undefined });
  }

  /** Takes that back; what is before the arrow is enough. */
  unforward(line: string, { saved = false }: Pick<DeviceOptions, 'saved'> = {}): Promise<void> {
    return removeProxy({ ...this.#container, line, saved: saved ? this.#container : undefined });
  }

  /** What it has of the host's devices, interfaces and ports, now and at its next start; running or not. */
  list(): readonly ListedDevice[] {
    return listDevices(this.#container);
  }

  /** The ports and sockets that lead into it now. Throws TLXC_E_NOT_RUNNING. */
  forwards(): readonly MonitorForward[] {
    return listProxies(this.#container);
  }

  async #change(device: string, options: DeviceOptions & Pick<DeviceChange, 'adds'>): Promise<void> {
    const { adds, target, saved = false } = options;
    const { environment } = this.#container;
    const saving = saved ? { environment } : undefined;
    const where = target === undefined ? {} : { target };
    await changeDevice({ ...this.#container, device, ...where, adds, saving });
  }
}
