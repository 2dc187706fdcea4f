/** Whether containers are found by their names on the bridge, and whom they ask: as it is, and in words. */
import { dnsmasqPid, otherServers } from './dnsmasq.ts';
import { portIsHeld } from './name-service.ts';
import type { NetworkPlaces } from './places.ts';
import { nameServerHolders } from './port-holder.ts';
import { addressesOf, type BridgeSettings } from './settings.ts';

/** Who answers containers that ask for names. */
export interface BridgeNames {
  /** The bridge itself does: containers are found by their names. */
  readonly served: boolean;
  /** Whom containers are told to ask. */
  readonly servers: readonly string[];
  /** Who has port 53 of the bridge, and so keeps it from serving names. */
  readonly heldBy: readonly string[];
}

export async function bridgeNames(settings: BridgeSettings, places: NetworkPlaces): Promise<BridgeNames> {
  const others = otherServers(places);
  if (others === null) {
    const served = dnsmasqPid(places) !== null;
    return { served, servers: served ? addressesOf(settings) : [], heldBy: [] };
  }
  return { served: false, servers: others, heldBy: await holders(settings) };
}

async function holders(settings: BridgeSettings): Promise<string[]> {
  if (!(await portIsHeld(settings))) return [];
  const seen = nameServerHolders();
  return seen.length > 0 ? seen : ['a process that cannot be seen'];
}

export const LET_GO =
  'make it listen on its own addresses only (named: listen-on; unbound: interface; dnsmasq: bind-interfaces), and run tlxc-net start';

/** What is lost while addresses are served and names are not; null where nothing is. */
export function namesLost(
  { served, servers, heldBy }: BridgeNames,
  settings: BridgeSettings,
): { readonly found: string; readonly mend: string } | null {
  if (served) return null;
  const { name } = settings;
  if (heldBy.length === 0) {
    const found = `containers are not found by their names: port 53 of ${name} was somebody else's, and is free again`;
    return { found, mend: 'tlxc-net start' };
  }
  const local = addressesOf(settings);
  const asked = servers.some((each) => local.includes(each))
    ? 'it answers containers'
    : `containers ask ${servers.join(' and ') || 'nobody, since the host names no server that they reach'}`;
  const found = `port 53 of ${name} is held by ${heldBy.join(', ')}: ${asked}, but they are not found by their names`;
  return { found, mend: LET_GO };
}
