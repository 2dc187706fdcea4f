/** tlxc-update-config */
import { resolve } from 'node:path';
import { updateFile } from '../config/update.ts';
import { refuseMissing } from '../container/not-defined.ts';
import { containerPaths, type ContainerPaths } from '../container/paths.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText, printable } from './printable.ts';
import { usageError } from './usage.ts';

const USAGE = `Usage: tlxc-update-config -c FILE: update this configuration
       tlxc-update-config -n NAME: update the configuration of a container
`;

function definedConfig(paths: ContainerPaths): string {
  refuseMissing(paths);
  return paths.config;
}

/** "" where none is named. */
function fileOf({ name, options, system, lxcpath }: Invocation, cwd: string): string {
  const file = options['config'];
  if (typeof file !== 'string') return name && definedConfig(containerPaths(system, lxcpath, name));
  if (name === '') return resolve(cwd, file);
  throw usageError('-c and the name of a container exclude each other');
}

function updateConfig(invocation: Invocation, context: CommandContext): number {
  const { cwd, program, stdout, stderr } = context;
  const { options } = invocation;
  const file = fileOf(invocation, cwd);
  if (file === '') {
    stdout.write(USAGE);
    return 0;
  }
  const { changes, backup, problems } = updateFile(file);
  if (options['json'] === true) {
    stdout.write(jsonText({ file, changes, backup: backup ?? null, problems }));
    if (problems.length === 0) return 0;
    const message = `${file}: not all of it could be updated`;
    throw new TlxcError({ code: 'TLXC_E_CONFIG', message, path: file, problems });
  }
  for (const problem of problems) stderr.write(`${program}: ${printable(String(problem))}\n`);
  if (invocation.quiet) return problems.length > 0 ? 1 : 0;
  const count = changes === 1 ? 'a line' : `${changes} lines`;
  const done = backup === undefined ? 'nothing to update' : `${count} updated; as it was: ${backup}`;
  stdout.write(`${printable(`${file}: ${done}`)}\n`);
  return problems.length > 0 ? 1 : 0;
}

export default defineCommand(
  {
    program: 'tlxc-update-config',
    summary: 'rewrites names from before LXC 3 in a configuration, and keeps FILE.backup',
    usage: '-c FILE [--json]\n-n NAME [--json]',
    name: 'optional',
    rest: 'none',
    options: [
      { flags: '-c, --config <FILE>', description: 'The configuration to update' },
      { flags: '--json', description: 'Tell as JSON what was done' },
    ],
  },
  updateConfig,
);
