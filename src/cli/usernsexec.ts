/** tlxc-usernsexec */
import { becomeInNewNamespaces, defaultMaps, mappingOf, withSelf } from '../container/new-namespaces.ts';
import type { MappedIds } from '../host/mapped.ts';
import { callerIds } from '../host/user.ts';
import { parseId } from './attach-options.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { argumentsOf } from './options.ts';
import { usageError } from './usage.ts';

const KINDS: Readonly<Record<string, readonly MappedIds['kind'][]>> = {
  u: ['uid'],
  g: ['gid'],
  b: ['uid', 'gid'],
};

/** -m u|g|b:INSIDE:OUTSIDE:COUNT */
function parseMap(text: string): readonly MappedIds[] {
  const [, letter = '', ...numbers] = /^([ugb]):(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(text) ?? [];
  const [inside = 0, outside = 0, count = 0] = numbers.map(Number);
  if (count > 0) return (KINDS[letter] ?? []).map((kind) => ({ kind, inside, outside, count }));
  throw usageError(
    `-m takes u|g|b:INSIDE:OUTSIDE:COUNT, not ${JSON.stringify(text)}`,
    '-m b:0:100000:65536 shows users and groups 100000 to 165535 as 0 to 65535',
  );
}

/** Who the command is, inside: the kernel says no more than EINVAL where nobody outside is that. */
function refuseUnmapped(maps: readonly MappedIds[], kind: MappedIds['kind'], id: number): void {
  const own = maps.filter((map) => map.kind === kind);
  if (own.some(({ inside, count }) => id >= inside && id < inside + count)) return;
  const letter = kind.charAt(0);
  throw usageError(
    `no map has ${kind} ${id}, which the command is to run as`,
    `add one with -m ${letter}:${id}:OUTSIDE:1, or choose another with -${letter}`,
  );
}

function usernsexec({ options, rest }: Invocation, context: CommandContext): number {
  const ids = callerIds();
  const given = argumentsOf(options['map']).flatMap(parseMap);
  const maps = given.length > 0 ? given : defaultMaps(ids.uid);
  const all = options['mapSelf'] === true ? withSelf(maps, ids) : maps;
  const [uid, gid] = [parseId('-u', options['uid']), parseId('-g', options['gid'])];
  refuseUnmapped(all, 'uid', uid);
  refuseUnmapped(all, 'gid', gid);
  return becomeInNewNamespaces(
    context.program,
    {
      namespaces: ['user', 'mount'],
      mapping: mappingOf(all, ids.uid),
      uid,
      gid,
      groups: [],
      passStatus: true,
    },
    rest.length > 0 ? rest : ['/bin/sh'],
    context.env,
  );
}

export default defineCommand(
  {
    program: 'tlxc-usernsexec',
    summary: 'runs COMMAND, or /bin/sh, as root of a new user namespace',
    usage: '[-m MAP]... [-s] [-u UID] [-g GID] [-- COMMAND]',
    name: 'none',
    rest: 'words',
    options: [
      {
        flags: '-m, --map <MAP>',
        description:
          'u|g|b:INSIDE:OUTSIDE:COUNT: users, groups or both; without any:\nwhat /etc/subuid and /etc/subgid give the caller, from 0 on',
        repeat: true,
      },
      { flags: '-s, --map-self', description: "And the caller's own ids, after the others" },
      { flags: '-u, --uid <UID>', description: 'Be this user inside; 0' },
      { flags: '-g, --gid <GID>', description: 'Be this group inside; 0' },
    ],
  },
  usernsexec,
);
