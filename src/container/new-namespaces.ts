/** What tlxc-unshare and tlxc-usernsexec do: this process becomes a program in new namespaces. */
import { readFileSync } from 'node:fs';
import type { Environment } from '../environment.ts';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import type { MappedIds, Mapping } from '../host/mapped.ts';
import { inNewNamespaces, type NewNamespaces } from '../host/new-namespaces.ts';
import { probeHost } from '../host/probe.ts';
import { startProgram } from '../host/program.ts';
import { readUser } from '../host/user.ts';
import { parseSubordinateIds, ROOT } from '../host/subordinate-ids.ts';
import { native } from '../native/binding.ts';
import { readableText } from '../readable-text.ts';

const CAP_SYS_ADMIN = 21n;

/** The kernel refuses every namespace but a user's own to who is not root; and then says no more than EPERM. */
function refuseWithoutPrivilege({ namespaces }: NewNamespaces): void {
  const [, effective = '0'] =
    /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (namespaces.includes('user') || ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n) return;
  throw new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `only root may make ${namespaces.map((each) => `'${each}'`).join(', ')} alone, without a user namespace`,
    hint: 'ask for USER, too (-s): in a user namespace of its own everybody may make the others',
  });
}

/** Never returns unless it fails, which it throws. */
export function becomeInNewNamespaces(
  label: string,
  wanted: NewNamespaces,
  command: readonly string[],
  environment: Environment,
): never {
  refuseWithoutPrivilege(wanted);
  const argv = inNewNamespaces(label, wanted, command);
  const { syscall, errno, path } = native().execve({
    path: argv[0],
    argv,
    environment: Object.entries(environment).map(([name, value]) => `${name}=${value ?? ''}`),
    keep: [],
  });
  throw new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: `cannot execute ${path}`,
    syscall,
    errno: errnoName(errno),
    path,
  });
}

export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

async function linesOf(argv: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  const { status } = await startProgram(argv, { stdout: (line) => lines.push(line) }).ended;
  return status === 0 ? lines : [];
}

/** A user by name or number, wherever the system keeps its users; null: there is none. */
export async function findAccount(user: string): Promise<Account | null> {
  const [entry = ''] = await linesOf(['getent', 'passwd', '--', user]);
  const [name = '', , uid = '', gid = ''] = entry.split(':');
  if (uid === '') return null;
  const [groups = gid] = await linesOf(['id', '-G', '--', name]);
  return { uid: Number(uid), gid: Number(gid), groups: groups.trim().split(' ').map(Number) };
}

type IdKind = MappedIds['kind'];

function firstRange(kind: IdKind, uid: number): MappedIds {
  const file = `/etc/sub${kind}`;
  const user = readUser(uid, []);
  const owner = user === null ? ROOT : [user.name, String(uid)];
  const name = user?.name ?? 'root';
  const text = readableText(file);
  const [first] = parseSubordinateIds(text, owner).own;
  if (first !== undefined) return { kind, inside: 0, outside: first.first, count: first.count };
  throw new TlxcError({
    code: 'TLXC_E_USAGE',
    message: `${file} gives ${name} no ids`,
    path: file,
    hint:
      probeHost().nested === null
        ? `usermod --add-sub${kind}s 100000-165535 ${name} (as root; a range nobody else has) gives some; or give a map (-m)`
        : `give a map of ids that this container has (-m b:0:${uid}:1), or have a line in ${file} for them`,
  });
}

/** What the caller's lines of /etc/subuid and /etc/subgid give out, from 0 on: the first line of each, as LXC has it. */
export const defaultMaps = (uid: number): readonly MappedIds[] => [
  firstRange('uid', uid),
  firstRange('gid', uid),
];

/** The first id inside that the maps so far leave free, in their order. */
function nextInside(maps: readonly MappedIds[], kind: IdKind): number {
  return maps.reduce(
    (id, map) => (map.kind === kind && id >= map.inside && id < map.inside + map.count ? id + map.count : id),
    0,
  );
}

/** The maps and, after them, the caller's own user and group. */
export const withSelf = (
  maps: readonly MappedIds[],
  { uid, gid }: { readonly uid: number; readonly gid: number },
): readonly MappedIds[] => [
  ...maps,
  { kind: 'uid', inside: nextInside(maps, 'uid'), outside: uid, count: 1 },
  { kind: 'gid', inside: nextInside(maps, 'gid'), outside: gid, count: 1 },
];

/** Root writes them itself; for others newuidmap(1) and newgidmap(1) do. */
export function mappingOf(maps: readonly MappedIds[], uid: number): Mapping {
  const user = readUser(uid, []);
  const { newUidMap, newGidMap } = user ?? { newUidMap: '', newGidMap: '' };
  if (user !== null && (newUidMap === '' || newGidMap === ''))
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: 'newuidmap and newgidmap, which write the maps of users, are not installed',
      hint: 'apt-get install uidmap (as root)',
    });
  return { newUidMap, newGidMap, maps };
}
