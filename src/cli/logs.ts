/** tlxc-logs */
import { readLog, type LogOptions } from '../container/journal/log.ts';
import type { LogSource } from '../container/journal/record.ts';
import { containerPaths } from '../container/paths.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { LogPrinter, recordJson } from './log-text.ts';
import { usageError } from './usage.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** Milliseconds since 1970 of a time as people write it: 10m (ago), 2026-11-22, 2026-11-22 16:46, RFC 3339. */
export function parseSince(text: string, now = Date.now()): number {
  const [, number = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (number !== '') return now - Number(number) * (UNITS[unit] ?? 1) * 1000;
  const isTime = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text);
  // A day without a time is this place's, too.
  const ms = isTime ? Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(' ', 'T')) : NaN;
  if (!Number.isNaN(ms)) return ms;
  throw usageError(
    `--since takes a time, not '${text}'`,
    'as in 10m, 2h, 1d (ago), 2026-11-22, "2026-11-22 16:46" or 2026-11-22T16:46:26Z',
  );
}

/** The option without a number is the last boot. */
function bootOf(given: string | true): number {
  if (given === true) return 0;
  if (/^(-\d{1,6}|0)$/.test(given)) return Number(given);
  throw usageError(`--boot takes 0 (the last one), -1 (the one before it), …, not '${given}'`);
}

function linesOf(given: string): number {
  if (/^\d{1,9}$/.test(given)) return Number(given);
  throw usageError(`--lines takes a number, not '${given}'`);
}

interface Given {
  readonly follow?: true;
  readonly untilStopped?: true;
  readonly boot?: string | true;
  readonly console?: true;
  readonly monitor?: true;
  readonly lines?: string;
  readonly since?: string;
  readonly raw?: true;
  readonly json?: true;
  readonly timestamps?: true;
}

/** What tail -f shows of what was there before. */
const FOLLOWED_LINES = 10;

function sourcesOf({ console, monitor, raw }: Given): readonly LogSource[] | undefined {
  if (monitor && (console ?? raw))
    throw usageError(`--monitor and --${console ? 'console' : 'raw'} exclude each other`);
  if (console || raw) return ['console'];
  return monitor ? ['monitor', 'boot'] : undefined;
}

function optionsOf(given: Given): LogOptions {
  const { follow, untilStopped, boot, lines, since } = given;
  if (untilStopped && !follow) throw usageError('--until-stopped is of --follow, which was not given');
  if (given.json && given.raw) throw usageError('--json and --raw exclude each other');
  const sources = sourcesOf(given);
  const few = follow && boot === undefined && since === undefined;
  const last = lines === undefined ? (few ? FOLLOWED_LINES : undefined) : linesOf(lines);
  return {
    ...(sources && { sources }),
    ...(boot !== undefined && { boot: bootOf(boot) }),
    ...(since !== undefined && { sinceMs: parseSince(since) }),
    ...(last !== undefined && { lines: last }),
    follow: untilStopped ? 'stop' : (follow ?? false),
  };
}

async function logs(invocation: Invocation, { stdout }: CommandContext): Promise<number> {
  const { name, lxcpath, system } = invocation;
  const given = invocation.options as Given;
  const safe = given.raw !== true;
  const printer = new LogPrinter({ timestamps: given.timestamps === true, safe });
  const paths = containerPaths(system, lxcpath, name);
  for await (const record of readLog(paths, optionsOf(given)))
    stdout.write(given.json ? recordJson(record) : printer.print(record));
  stdout.write(given.json ? '' : printer.end());
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-logs',
    summary: "prints what the console of the container NAME has shown, and its monitor's messages",
    usage: '--name=NAME [-f] [--boot[=N]] [--console | --monitor]',
    name: 'required',
    offers: 'all',
    rest: 'none',
    options: [
      { flags: '-f, --follow', description: 'Go on with what comes; begins with the last 10 lines' },
      { flags: '--until-stopped', description: 'With -f: until the container has stopped' },
      { flags: '-b, --boot [N]', description: 'Only the last boot; -1: the one before it, and so on' },
      { flags: '--console', description: 'Only what the container has printed' },
      { flags: '--monitor', description: "Only the monitor's messages" },
      { flags: '--lines <N>', description: 'Only the last N lines' },
      { flags: '--since <TIME>', description: 'Only what came after TIME: 10m (ago), "2026-11-22 16:46"' },
      { flags: '-t, --timestamps', description: 'Begin each line with its time (UTC)' },
      {
        flags: '--raw',
        description: 'The bytes of the console as they are, escape sequences too',
      },
      { flags: '--json', description: 'Print records as JSON, one a line' },
    ],
  },
  logs,
);
