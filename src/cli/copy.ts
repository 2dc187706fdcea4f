/** tlxc-copy */
import { resolve } from 'node:path';
import { copyContainer } from '../container/copy.ts';
import { renameContainer } from '../container/rename.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';

const usage = (message: string, hint: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_USAGE', message, hint });

/** LXC's names of what a copy can lie on, and prefixes of them. */
function backendOf(given: unknown): 'dir' | 'overlay' | null {
  if (typeof given !== 'string') return null;
  const name = ['dir', 'overlay', 'overlayfs'].find((known) => given !== '' && known.startsWith(given));
  if (name !== undefined) return name === 'dir' ? 'dir' : 'overlay';
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `backing store ${given} cannot hold a copy`,
    hint: 'there are dir and overlay',
  });
}

async function copy(invocation: Invocation, { cwd, env }: CommandContext): Promise<number> {
  const { name, lxcpath, system, options, rest } = invocation;
  const is = (key: string): boolean => options[key] === true;
  const newName = options['newname'];
  if (typeof newName !== 'string')
    throw usage('You must provide a NEWNAME for the clone', 'give it with -N NEWNAME');
  const newPath = options['newpath'];
  if (is('rename')) {
    if (typeof newPath === 'string')
      throw usage('-R keeps the container where it is', 'leave out -p, or copy it');
    await renameContainer({ name, newName, lxcpath, system, environment: env });
    return 0;
  }
  await copyContainer({
    ...{ name, lxcpath, newName, system },
    newPath: typeof newPath === 'string' ? resolve(cwd, newPath) : lxcpath,
    snapshot: is('snapshot'),
    backend: backendOf(options['backingstorage']),
    keepName: is('keepname'),
    keepMac: is('keepmac'),
    hookArgs: rest,
    environment: env,
  });
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-copy',
    summary: 'copies or renames the container NAME',
    usage:
      '--name=NAME -N NEWNAME [-p NEWPATH] [-s] [-B TYPE] [-K] [-M] [-- HOOK ARGUMENTS]\n--name=NAME -N NEWNAME -R',
    name: 'required',
    rest: 'words',
    options: [
      { flags: '-N, --newname <NEWNAME>', description: 'Name of the copy' },
      {
        flags: '-p, --newpath <PATH>',
        description: 'Keep the copy in PATH instead of the store of the source',
      },
      { flags: '-R, --rename', description: 'Rename it instead' },
      { flags: '-s, --snapshot', description: 'Copy on write: what neither changes is kept once' },
      {
        flags: '-B, --backingstorage <TYPE>',
        description: 'dir or overlay; as the source where it is not given',
      },
      { flags: '-K, --keepname', description: 'Keep the host name' },
      { flags: '-M, --keepmac', description: 'Keep the hardware addresses' },
    ],
  },
  copy,
);
