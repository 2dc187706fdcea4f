/** tlxc-execute */
import { executeInBackground, executeInForeground, type ExecuteRequest } from '../container/start/execute.ts';
import { parseId } from './attach-options.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { definesOf } from './define-option.ts';
import { argumentOf } from './options.ts';
import { printable } from './printable.ts';
import { namedConfig } from './rcfile.ts';
import { sharedOf, SHARE_OPTIONS } from './share-options.ts';

function requestOf(
  { name, lxcpath, system, options, rest }: Invocation,
  { cwd, env }: CommandContext,
): ExecuteRequest {
  const [uid, gid] = [argumentOf(options['uid']), argumentOf(options['gid'])];
  if (uid !== undefined) parseId('-u', uid);
  if (gid !== undefined) parseId('-g', gid);
  return {
    ...{ name, lxcpath, system, uid, gid, share: sharedOf(options) },
    environment: env,
    configFile: namedConfig(options['rcfile'], cwd),
    defines: definesOf(options),
    command: rest.length > 0 ? rest : undefined,
  };
}

async function execute(invocation: Invocation, context: CommandContext): Promise<number> {
  const request = requestOf(invocation, context);
  const warn = (warning: string): void => {
    if (!invocation.quiet)
      context.stderr.write(`${context.program}: ${invocation.name}: warning: ${printable(warning)}\n`);
    invocation.log('WARN', warning);
  };
  if (invocation.options['daemon'] !== true) return executeInForeground(request, { warn });
  await executeInBackground(request, { warn });
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-execute',
    summary: 'runs COMMAND in the container NAME, below a small init, and ends the container with it',
    usage: '--name=NAME [-d] [-- COMMAND]',
    name: 'required',
    rest: 'words',
    options: [
      { flags: '-d, --daemon', description: 'Leave it to itself, and return when it runs' },
      { flags: '-f, --rcfile <FILE>', description: 'Read the configuration from FILE' },
      { flags: '-s, --define <KEY=VAL>', description: 'Set KEY to VAL, after the file', repeat: true },
      { flags: '-u, --uid <UID>', description: 'Run COMMAND as this user inside' },
      { flags: '-g, --gid <GID>', description: 'Run COMMAND as this group inside' },
      ...SHARE_OPTIONS,
    ],
  },
  execute,
);
