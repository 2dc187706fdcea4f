/** A plain user's means for containers: subordinate ids, the set-id programs that act for users, groups given to it. */
import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { native } from '../native/binding.ts';
import { nativeFile } from '../package-root.ts';
import type { CgroupMount, UserFacts } from './facts.ts';
import { parseSubordinateIds } from './subordinate-ids.ts';
import { namespaceIds } from './user-namespace.ts';

const read = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** The first of the system's own directories that has the program; "": none. PATH is the user's own, and not asked. */
function systemProgram(name: string): string {
  const places = ['/usr/bin', '/bin', '/usr/local/bin', '/run/wrappers/bin'];
  return places.map((place) => join(place, name)).find((file) => existsSync(file)) ?? '';
}

function isSetuidRoot(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return (
    stats !== undefined &&
    stats.uid === 0 &&
    (stats.mode & constants.S_IFREG) !== 0 &&
    (stats.mode & 0o4000) !== 0
  );
}

/** Some distributions give it capabilities in place of the bit. */
function hasCapabilities(path: string): boolean {
  const attributes = native().attributes({ path: Buffer.from(path) });
  return Array.isArray(attributes) && attributes.some(([name]) => name === 'security.capability');
}

/** Who has no entry in the user database still has a number. */
function accountName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

/** The facts of the user that this process runs as; null for root. */
export function readUser(uid: number, cgroups: readonly CgroupMount[]): UserFacts | null {
  if (uid === 0) return null;
  const name = accountName(uid);
  const owner = [name, String(uid)];
  const nic = nativeFile('tlxc-user-nic');
  const [uids, gids] = ['uid', 'gid'].map((kind) => parseSubordinateIds(read(`/etc/sub${kind}`), owner));
  const [newUidMap, newGidMap] = [systemProgram('newuidmap'), systemProgram('newgidmap')];
  return {
    name,
    nested: namespaceIds(),
    subuids: uids?.own ?? [],
    subgids: gids?.own ?? [],
    otherSubuids: uids?.others ?? [],
    otherSubgids: gids?.others ?? [],
    newUidMap,
    newGidMap,
    powerless: [newUidMap, newGidMap].filter(
      (path) => path !== '' && !isSetuidRoot(path) && !hasCapabilities(path),
    ),
    nic,
    nicIsSetuid: isSetuidRoot(nic),
    passt: systemProgram('passt'),
    tun: tunState(),
    linkLocal: linkLocalInterface(read('/proc/net/if_inet6'), read('/proc/net/ipv6_route')),
    usernsClone: read('/proc/sys/kernel/unprivileged_userns_clone').trim(),
    maxUserNamespaces: read('/proc/sys/user/max_user_namespaces').trim(),
    cgroups: delegatedGroups(cgroups),
  };
}

function tunState(): UserFacts['tun'] {
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return 'open';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'closed' : 'absent';
  }
}

/** From the texts of these files of proc(5): ADDRESS INDEX PREFIX SCOPE FLAGS NAME; NETWORK PREFIX ... NAME. */
export function linkLocalInterface(addresses: string, routes: string): string {
  const fields = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s+/));
  const linked = fields(addresses).flatMap(([, , , scope, , name]) => (scope === '20' && name ? [name] : []));
  const isDefault = ([network = '', prefix]: string[]): boolean => /^0+$/.test(network) && prefix === '00';
  const ways = fields(routes).filter(isDefault);
  const onWay = linked.find((name) => ways.some((way) => way.at(-1) === name));
  return onWay ?? linked[0] ?? 'lo';
}

/** The group of this process in each hierarchy where the user may make groups below it, by mount point. */
function delegatedGroups(mounts: readonly CgroupMount[]): UserFacts['cgroups'] {
  const own = mounts.filter(({ mountPoint, ownGroup }) => isDelegated(join(mountPoint, ownGroup)));
  return Object.fromEntries(
    own.map(({ version, mountPoint, ownGroup, controllers }) => {
      const handed = version === 1 ? controllers : controllersOf(join(mountPoint, ownGroup));
      return [mountPoint, { group: ownGroup, controllers: handed }];
    }),
  );
}

const controllersOf = (group: string): string[] =>
  read(join(group, 'cgroup.controllers')).split(/\s+/).filter(Boolean);

function isDelegated(group: string): boolean {
  try {
    for (const file of ['', 'cgroup.procs']) accessSync(join(group, file), constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Who this process acts as. */
export const callerIds = (): { readonly uid: number; readonly gid: number } => ({
  uid: process.geteuid?.() ?? 0,
  gid: process.getegid?.() ?? 0,
});
