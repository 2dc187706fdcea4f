/** tlxc-unshare */
import { becomeInNewNamespaces, findAccount } from '../container/new-namespaces.ts';
import type { NewNamespaces } from '../host/new-namespaces.ts';
import { callerIds } from '../host/user.ts';
import type { Namespace } from '../plan/types.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { parseNamespaceWords } from './namespace-words.ts';
import { argumentsOf } from './options.ts';
import { usageError } from './usage.ts';

/** Options that make sense in one namespace only, and what -s calls it. */
const NEEDS = [
  ['ifname', 'net', '-i needs -s NETWORK'],
  ['hostname', 'uts', '-H needs -s UTSNAME'],
  ['remount', 'mount', '-M needs -s MOUNT'],
] as const;

const NO_USER = 'getent passwd lists those that there are; with -s USER a number need not be of one';

function namespacesOf({ options, rest }: Invocation): Namespace[] {
  const text = options['namespaces'];
  if (rest.length === 0) throw usageError('A command to execute in the new namespace is required');
  if (typeof text !== 'string')
    throw usageError('A namespace to execute command is required', 'name them: -s "PID|MOUNT"');
  const namespaces = parseNamespaceWords(text);
  for (const [option, namespace, message] of NEEDS)
    if (options[option] !== undefined && !namespaces.includes(namespace)) throw usageError(message);
  if (options['hostname'] === '') throw usageError('-H takes a host name, not ""');
  return namespaces;
}

/** -u: in a new user namespace the caller under that number, and nobody else is there; else that user, groups and all. */
async function userOf(user: string, namespaces: readonly Namespace[]): Promise<Partial<NewNamespaces>> {
  const account = await findAccount(user);
  if (namespaces.includes('user')) {
    const inside = account?.uid ?? (/^\d{1,10}$/.test(user) ? Number(user) : undefined);
    if (inside === undefined) throw usageError(`there is no user '${user}'`, NO_USER);
    const map = { kind: 'uid' as const, inside, outside: callerIds().uid, count: 1 };
    return { uid: inside, mapping: { newUidMap: '', newGidMap: '', maps: [map] } };
  }
  if (account === null) throw usageError(`there is no user '${user}'`, NO_USER);
  return account;
}

async function unshare(invocation: Invocation, context: CommandContext): Promise<number> {
  const namespaces = namespacesOf(invocation);
  const { user, hostname, ifname, remount, daemon } = invocation.options;
  const wanted: NewNamespaces = {
    namespaces,
    hostname: typeof hostname === 'string' ? hostname : undefined,
    interfaces: argumentsOf(ifname),
    remount: remount === true,
    daemon: daemon === true,
    ...(typeof user === 'string' && (await userOf(user, namespaces))),
  };
  return becomeInNewNamespaces(context.program, wanted, invocation.rest, context.env);
}

export default defineCommand(
  {
    program: 'tlxc-unshare',
    summary: 'runs COMMAND in new namespaces',
    usage: '-s NAMESPACES [-u USER] [-H HOSTNAME] [-i IFNAME]... [-M] [-d] COMMAND',
    name: 'ignored',
    rest: 'words',
    options: [
      {
        flags: '-s, --namespaces <FLAGS>',
        description: 'Those to make: MOUNT|PID|UTSNAME|IPC|USER|NETWORK|CGROUP|TIME',
      },
      {
        flags: '-u, --user <USERID>',
        description: 'Become this user, a name or a number; with USER: only\nthat number inside',
      },
      { flags: '-H, --hostname <HOSTNAME>', description: 'With UTSNAME: the host name there' },
      {
        flags: '-i, --ifname <IFNAME>',
        description: 'With NETWORK: the interface goes along',
        repeat: true,
      },
      { flags: '-d, --daemon', description: 'Return when COMMAND runs' },
      { flags: '-M, --remount', description: 'With MOUNT: fresh /proc, /dev/shm and /dev/mqueue' },
    ],
  },
  unshare,
);
