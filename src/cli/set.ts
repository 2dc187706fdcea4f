/** tlxc-set */
import { LIMITS } from '../container/limits/names.ts';
import { limitsOf, setLimits, type LimitReport } from '../container/limits/set.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText } from './printable.ts';
import { warner } from './tell.ts';
import { usageError } from './usage.ts';

function whereOf({ options }: Invocation): 'both' | 'now' | 'saved' {
  const [now, saved] = [options['now'] === true, options['saved'] === true];
  if (now && saved) throw usageError('--now and --saved exclude each other', 'without either both are done');
  return now ? 'now' : saved ? 'saved' : 'both';
}

const HEAD = ['LIMIT', 'NOW', 'SAVED', 'USED'] as const;

function table(limits: readonly LimitReport[]): string {
  const used = ({ name, used }: LimitReport): string =>
    used === null ? '-' : name === 'memory' ? `${Math.ceil(used / 1024 ** 2)}M` : String(used);
  const rows = [
    HEAD,
    ...limits.map((each) => [each.name, each.now ?? '-', each.saved ?? '-', used(each)] as const),
  ];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

async function set(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, rest, options } = invocation;
  const which = { name, lxcpath, system, environment: context.env };
  const where = whereOf(invocation);
  if (rest.length > 0) await setLimits({ ...which, changes: rest, where, warn: warner(invocation, context) });
  const json = options['json'] === true;
  if (rest.length > 0 && !json) return 0;
  const { running, limits } = limitsOf(which);
  context.stdout.write(json ? jsonText({ name, running, limits }) : table(limits));
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-set',
    summary: `sets limits of the container NAME, now and for its next starts, or shows them:\n${LIMITS.map(({ name }) => name).join(', ')}`,
    usage: '--name=NAME [--now | --saved] [--json] [LIMIT=VALUE | LIMIT-]...',
    name: 'required',
    offers: 'all',
    rest: 'words',
    options: [
      { flags: '--now', description: 'Only in the running container, until it stops (a reboot is no stop)' },
      { flags: '--saved', description: 'Only in the configuration, for the next start (a reboot is none)' },
      { flags: '--json', description: 'Print the limits as JSON' },
    ],
  },
  set,
);
