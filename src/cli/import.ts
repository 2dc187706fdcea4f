/** tlxc-import */
import { resolve } from 'node:path';
import { importContainer } from '../container/import/import.ts';
import { isName } from '../container/paths.ts';
import { shellWord } from '../shell-word.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { madeJson } from './made.ts';
import { argumentOf } from './options.ts';
import { whileShown } from './progress.ts';
import { warner } from './tell.ts';
import { volumeOptions } from './volume-options.ts';
import { tooMany, usageError } from './usage.ts';

/** What is imported, and a word for its name, in either order. */
function namedHint(one: string, other: string): string | undefined {
  const name = [other, one].find(isName);
  return name === undefined
    ? undefined
    : `its name is an option: tlxc-import -N ${name} ${shellWord(name === other ? one : other)}`;
}

async function run(invocation: Invocation, context: CommandContext): Promise<number> {
  const { lxcpath, system, rest, options, quiet } = invocation;
  const { stdin, env, cwd } = context;
  const [source, unexpected] = rest;
  if (source === undefined) throw usageError('what is to be imported is missing');
  if (unexpected !== undefined) throw tooMany(unexpected, namedHint(source, unexpected));
  const warn = warner(invocation, context);
  const name = await whileShown(invocation, context, 'importing', (progress) =>
    importContainer({
      ...{ lxcpath, system, stdin, warn, environment: env },
      source: source === '-' ? source : resolve(cwd, source),
      name: argumentOf(options['newname']) ?? argumentOf(options['name']) ?? null,
      backend: argumentOf(options['bdev']) ?? null,
      volume: volumeOptions(options),
      privileged: options['privileged'] === true,
      keepMac: options['keepmac'] === true,
      trusted: options['trust'] === true,
      onStage: progress.stage,
    }),
  );
  if (options['json'] === true) context.stdout.write(madeJson(system, lxcpath, name));
  else if (!quiet) context.stdout.write(`${name}\n`);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-import',
    summary:
      'makes a container of what tlxc-export wrote, of a container of LXC, an export of Incus or LXD, a vzdump archive,\nor an archive of a root filesystem',
    usage: '[-N NAME] [-B BDEV] [--privileged] [-M] [--trust] [--json] FILE|DIRECTORY|-',
    name: 'none',
    rest: 'words',
    options: [
      { flags: '-N, --newname <NAME>', description: 'What it is called; without it, as it was' },
      { flags: '-n, --name <NAME>', description: '', hidden: true },
      { flags: '-B, --bdev <BDEV>', description: 'Backing store (dir)' },
      { flags: '--fssize <SIZE>', description: 'Its size, as for tlxc-create' },
      { flags: '--fstype <TYPE>', description: 'Its filesystem, as for tlxc-create' },
      { flags: '--privileged', description: 'Root inside is root on the host: no id map' },
      { flags: '--json', description: 'Tell as JSON what was made' },
      {
        flags: '-M, --keepmac',
        description: 'It is the same machine, moved: keep its MAC addresses and machine id',
      },
      {
        flags: '--trust',
        description: "Keep hooks, mounts of the host's directories and whatever else reaches into the host",
      },
    ],
  },
  run,
);
