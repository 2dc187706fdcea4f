/** The bridge as a plain user has it: whether it is up, and how many interfaces on it the administrator gives the user. */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import type { SystemConfig } from '../config/model.ts';
import { whyNoPasst } from '../host/passt.ts';
import { probeHost } from '../host/probe.ts';
import { readBridge } from './bridge-device.ts';
import { bridgeSettings } from './settings.ts';

/** native/user-nic/allowance.cc reads the same, and has the last word. */
export const USERNET = '/etc/tlxc/tlxc-usernet';

/** What a user may know of the bridge, and has of it. */
export interface UserBridgeStatus {
  readonly bridge: string;
  /** The user's next container can be on it. */
  readonly up: boolean;
  readonly link: 'absent' | 'down' | 'up';
  /** ADDRESS/PREFIX. */
  readonly addresses: readonly string[];
  readonly user: string;
  /** Interfaces that the user's containers may have on it at once, and have. */
  readonly allowed: number;
  readonly used: number;
  /** Why tlxc-user-nic makes none; "": it does. */
  readonly obstacle: string;
  /** The command of root's that mends it; "": there is nothing to mend. */
  readonly remedy: string;
  /** Why passt carries no container's traffic; "": it does. */
  readonly passt: string;
}

export interface Who {
  readonly name: string;
  readonly uid: number;
  /** Of the process: numbers. */
  readonly groups: readonly number[];
}

/** How many the lines give the user, what is for the user and the user's groups added up. Pure. */
export function allowanceIn(text: string, who: Who, groupNames: readonly string[], bridge: string): number {
  const groups = [...who.groups.map(String), ...groupNames];
  const isAbout = (name: string): boolean =>
    name.startsWith('@') ? groups.includes(name.slice(1)) : [who.name, String(who.uid)].includes(name);
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim().split(/\s+/))
    .filter(([name = '', type, link, count = '', ...more]) => {
      const isCount = /^\d+$/.test(count) && more.length === 0;
      return isCount && type === 'veth' && link === bridge && isAbout(name);
    })
    .reduce((sum, [, , , count]) => sum + Number(count), 0);
}

/** Names in /etc/group of the groups with these numbers. */
function namesOf(groups: readonly number[]): string[] {
  const entries = readFileSync('/etc/group', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  return entries.flatMap(([name = '', , gid]) => (groups.includes(Number(gid)) && gid ? [name] : []));
}

/** As tlxc-user-nic reads it: only a file of root's that nobody else may write counts. */
function allowance(bridge: string, who: Who): number {
  const stats = lstatSync(USERNET, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.uid !== 0 || (stats.mode & 0o022) !== 0) return 0;
  return allowanceIn(readFileSync(USERNET, 'utf8'), who, namesOf(who.groups), bridge);
}

/** tlxc-user-nic calls the host's ends so (pair.cc). */
const isOf =
  (uid: number) =>
  (port: string): boolean =>
    port.startsWith(`veth${uid}_`) || port.startsWith(`v${uid}_`);

type Found = Omit<UserBridgeStatus, 'up' | 'obstacle' | 'remedy' | 'passt'>;

/** What keeps the next container from the bridge, and the command of root's that mends it. */
function obstacleOf({ bridge, link, user, allowed, used }: Found): readonly [string, string] {
  const { nic = '', nicIsSetuid = false } = probeHost().user ?? {};
  if (!existsSync(nic)) return [`${nic} is not there`, 'install TLXC anew'];
  if (!nicIsSetuid) return [`${nic} is not set-user-id root`, `chown root ${nic} && chmod u+s ${nic}`];
  const line = (count: number): string => `echo "${user} veth ${bridge} ${count}" >> ${USERNET}`;
  if (allowed === 0) return [`${USERNET} gives ${user} none on ${bridge}`, line(10)];
  if (used >= allowed) return [`${user} has all ${allowed} that ${USERNET} gives`, line(10)];
  return link === 'up' ? ['', ''] : [`the bridge ${bridge} is ${link}`, 'tlxc-net start'];
}

const caller = (): Who => {
  const uid = process.geteuid?.() ?? 0;
  return { name: probeHost().user?.name ?? String(uid), uid, groups: process.getgroups?.() ?? [] };
};

/** Whether the administrator lets the caller's containers have an interface on the bridge, taken or not. */
export const mayHaveInterface = (bridge: string): boolean =>
  probeHost().user?.nicIsSetuid === true && allowance(bridge, caller()) > 0;

function passtObstacle(): string {
  const { user } = probeHost();
  const lack = user && whyNoPasst(user);
  return lack ? `${lack.found}; mend: ${lack.mend}` : '';
}

/** The caller's own part of the bridge. Throws TLXC_E_NETWORK when the kernel does not tell, or the interface is no bridge. */
export function userBridgeStatus(system: SystemConfig): UserBridgeStatus {
  const { name } = bridgeSettings(system);
  const who = caller();
  const bridge = readBridge(name);
  const found: Found = {
    bridge: name,
    link: bridge === null ? 'absent' : bridge.up ? 'up' : 'down',
    addresses: bridge?.addresses ?? [],
    user: who.name,
    allowed: allowance(name, who),
    used: (bridge?.ports ?? []).filter(isOf(who.uid)).length,
  };
  const [obstacle, remedy] = obstacleOf(found);
  return { ...found, up: obstacle === '', obstacle, remedy, passt: passtObstacle() };
}
