/** The bridge as containers need it: there when one is started, and with all that run connected to it. */
import type { SystemConfig } from '../../config/model.ts';
import { errnoWords } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { problem, type Finding } from '../../host/finding.ts';
import { askMonitors } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { connectPorts, looseOf } from '../../network/bridge-device.ts';
import { bridgeSeemsUp, startBridge, tellHostNames } from '../../network/service.ts';
import { namesLost } from '../../network/served-names.ts';
import { bridgeSettings } from '../../network/settings.ts';
import type { StartPlan } from '../../plan/types.ts';
import { containerPaths } from '../paths.ts';
import { listActive } from '../store.ts';

export interface BridgeUser {
  readonly system: SystemConfig;
  readonly lxcpath: string;
}

const bridgeName = (system: SystemConfig): string => system.settings['tlxc.bridge.name'] ?? '';

/** Host ends of the running containers that are to be connected to the bridge. */
function portsOf({ system, lxcpath }: BridgeUser): string[] {
  const places = listActive(system, lxcpath).map((name) => containerPaths(system, lxcpath, name));
  const answers = places.length === 0 ? [] : askMonitors(places, { op: 'info' });
  return answers.flatMap((result) => {
    if (result.kind !== 'answer' || !result.reply.ok) return [];
    const { interfaces } = result.reply as MonitorInfo;
    return interfaces.flatMap(({ link, hostName }) =>
      link === bridgeName(system) && hostName ? [hostName] : [],
    );
  });
}

/** Running containers that lost the bridge: it was made anew by somebody else, or their ends were taken out. */
export function looseFindings(user: BridgeUser): Finding[] {
  const loose = looseOf(portsOf(user));
  if (loose.length === 0) return [];
  const found = `${loose.join(', ')} of running containers belong to it no more: they reach nobody`;
  return [problem('bridge', found, 'tlxc-net start')];
}

/** What it says, why and what to do, in one line. */
function textOf({ details: { message, errno, hint } }: TlxcError): string {
  const why = errno ? `: ${errnoWords(errno)}` : '';
  return `${message}${why}${hint ? `; ${hint}` : ''}`;
}

/**
 * Brings the bridge up, and connects to it the running containers that lost it. Throws TLXC_E_NETWORK, TLXC_E_PERMISSION; that names
 * are not served, or the host cannot be told of them, is a warning.
 */
export async function raiseContainersBridge(user: BridgeUser, warn: (text: string) => void): Promise<void> {
  const lost = namesLost(await startBridge(user.system), bridgeSettings(user.system));
  if (lost !== null) warn(`${lost.found}; ${lost.mend}`);
  await connectPorts(bridgeName(user.system), portsOf(user));
  try {
    await tellHostNames(user.system);
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    warn(textOf(error));
  }
}

/** Under way: containers that are started together need it once. */
let raising: Promise<void> | undefined;

/**
 * Makes sure of the bridge before a container that is connected to it starts (tlxc.bridge.auto). What it then
 * lacks is a warning: without the bridge itself the start fails by its own words.
 */
export async function provideBridge(
  { interfaces, name }: StartPlan,
  user: BridgeUser,
  warn: (text: string) => void,
): Promise<void> {
  const { system } = user;
  if (system.settings['tlxc.bridge.auto'] !== '1' || process.getuid?.() !== 0) return;
  if (!interfaces.some(({ link }) => link.value === bridgeName(system)) || bridgeSeemsUp(system)) return;
  try {
    raising ??= raiseContainersBridge(user, warn).finally(() => (raising = undefined));
    await raising;
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    warn(`the bridge ${bridgeName(system)} is not complete, ${name} may have no address: ${textOf(error)}`);
  }
}
