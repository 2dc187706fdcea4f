/** The containers' bridge as a program sees it. */
import { bridgeStatus, stopBridge, type BridgeStatus } from '../../network/service.ts';
import { raiseContainersBridge } from '../network/bridge.ts';
import { placeOf, silently, type Place, type StoreOptions, type Warn } from './place.ts';

/** What tlxc-net does: the bridge with its addresses, DHCP, DNS and rules. All methods throw TlxcError. */
export class Bridge {
  readonly #place: Place;

  /** The one that tlxc.conf describes. */
  constructor(options: StoreOptions = {}) {
    this.#place = placeOf(options);
  }

  /** Brings it up, or what is missing of it, and connects the running containers that lost it. Only root may. */
  start({ warn = silently }: { readonly warn?: Warn } = {}): Promise<void> {
    return raiseContainersBridge(this.#place, warn);
  }

  /** Takes it down. Resolves to the ports on account of which the bridge itself stays. Only root may. */
  stop(): Promise<readonly string[]> {
    return stopBridge(this.#place.system);
  }

  /** What is up of it, who has which address, and what stands in its way. */
  status(): Promise<BridgeStatus> {
    return bridgeStatus(this.#place.system);
  }
}
