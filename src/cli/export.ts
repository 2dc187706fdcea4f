/** tlxc-export */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { exportContainer } from '../container/export/export.ts';
import { COMPRESSIONS, type Compression } from '../container/export/format.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { mebibytes } from './image-table.ts';
import { jsonText, printable } from './printable.ts';
import { whileShown } from './progress.ts';
import { tooMany, usageError } from './usage.ts';

const isCompression = (word: string): word is Compression => Object.hasOwn(COMPRESSIONS, word);

/** As --compression says, else as the file's name ends. */
function compressionOf({ options }: Invocation, file: string | undefined): Compression {
  const word = options['compression'];
  if (typeof word === 'string') {
    if (isCompression(word)) return word;
    throw usageError(`'${word}' is no compression`, `there are ${Object.keys(COMPRESSIONS).join(', ')}`);
  }
  const [named] = Object.entries(COMPRESSIONS).find(([, ending]) => file?.endsWith(ending)) ?? [];
  return named !== undefined && isCompression(named) ? named : 'zstd';
}

async function run(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, rest, options } = invocation;
  const [word, unexpected] = rest;
  if (unexpected !== undefined) throw tooMany(unexpected);
  const compression = compressionOf(invocation, word);
  const file = word ?? `${name}${COMPRESSIONS[compression]}`;
  if (file === '-' && context.stdout.isTTY === true)
    throw usageError(
      'an archive is nothing for a terminal',
      'name a file, or lead the output into a program',
    );
  const json = options['json'] === true;
  if (file === '-' && json)
    throw usageError('--json: standard output is the archive already', 'name a file, or leave out --json');
  const to = file === '-' ? file : resolve(context.cwd, file);
  const snapshots = await whileShown(invocation, context, 'exporting', (progress) =>
    exportContainer({
      ...{ name, lxcpath, system, compression, environment: context.env },
      file: to,
      snapshots: options['snapshots'] === true,
      freeze: options['freeze'] === true,
      onStage: progress.stage,
    }),
  );
  const bytes = file === '-' ? 0 : statSync(to).size;
  if (json) context.stdout.write(jsonText({ name, lxcpath, file: to, bytes, compression, snapshots }));
  else if (file !== '-' && !invocation.quiet)
    context.stderr.write(`${printable(file)}: ${mebibytes(bytes)}\n`);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-export',
    summary:
      'writes the container NAME into one file, from which tlxc-import makes it again, here or elsewhere',
    usage: '--name=NAME [--freeze] [--snapshots] [--compression=KIND] [--json] [FILE]',
    name: 'required',
    offers: 'all',
    rest: 'words',
    options: [
      { flags: '--freeze', description: 'Freeze NAME as long as it takes, if it runs' },
      { flags: '--snapshots', description: 'With its snapshots' },
      {
        flags: '--compression <KIND>',
        description: "zstd (unless FILE's name says otherwise), xz, gzip or none",
      },
      { flags: '--json', description: 'Tell as JSON what was written' },
    ],
  },
  run,
);
