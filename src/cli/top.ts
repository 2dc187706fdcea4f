/** tlxc-top */
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReadStream, WriteStream } from 'node:tty';
import { inspectContainers, type Store } from '../container/info/inspect.ts';
import { Meter, type Measurement } from '../container/info/meter.ts';
import { containerPaths } from '../container/paths.ts';
import { TlxcError } from '../errors.ts';
import { Screen } from '../host/screen.ts';
import { painter } from './colour.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import type { OptionValue } from './options.ts';
import { containerOrders, sorted, totalOrders, type Order } from './top-columns.ts';
import { CSV_HEADER, csvLine, measurementJson } from './top-lines.ts';
import { showLive } from './top-live.ts';
import { containerTable, summary } from './top-page.ts';
import { firstView } from './top-view.ts';
import { usageError } from './usage.ts';

const LEAST_DELAY_MS = 100;
/** As LXC. */
const SECONDS = { live: 3, batch: 300 };
/** Before a table that is printed once: rates need two looks. */
const ONCE_MS = 1000;

interface Wishes {
  readonly mode: 'csv' | 'json' | 'table';
  readonly delayMs: number;
  readonly count: number;
  readonly sort: string;
  readonly reversed: boolean;
}

function delayOf(given: OptionValue, fallback: number): number {
  if (typeof given !== 'string') return fallback * 1000;
  if (!/^\d{1,6}(\.\d{1,3})?$/.test(given))
    throw usageError(`-d takes a number of seconds, not '${given}'`, 'as -d 1 or -d 0.5');
  return Math.max(LEAST_DELAY_MS, Number(given) * 1000);
}

/** The letter that a word begins with counts, as in LXC: -s cpu. */
function sortOf(given: OptionValue): string {
  const letter = typeof given === 'string' ? given.slice(0, 1) : 'n';
  if (containerOrders.some(({ key }) => key === letter)) return letter;
  const keys = containerOrders.map(({ key, words }) => `${key} (${words})`).join(', ');
  throw usageError(`-s: there is no order '${String(given)}'`, `there are ${keys}`);
}

function countOf(given: OptionValue): number {
  if (typeof given !== 'string') return Infinity;
  if (/^[1-9]\d{0,8}$/.test(given)) return Number(given);
  throw usageError(`--count takes a number of looks, not '${given}'`, 'as --count 1');
}

function wishesOf({ options }: Invocation): Wishes {
  const batch = options['batch'] === true;
  if (batch && options['json'] === true)
    throw usageError('-b and --json exclude each other', 'leave one out');
  return {
    mode: options['json'] === true ? 'json' : batch ? 'csv' : 'table',
    delayMs: delayOf(options['delay'], batch ? SECONDS.batch : SECONDS.live),
    count: countOf(options['count']),
    sort: sortOf(options['sort']),
    reversed: options['reverse'] === true,
  };
}

function inOrder(
  rows: readonly Measurement[],
  orders: readonly Order<Measurement>[],
  { sort, reversed }: Wishes,
): Measurement[] {
  const order = orders.find(({ key }) => key === sort);
  return order ? sorted(rows, order, reversed, ({ lxcpath, name }) => `${name}/${lxcpath}`) : [...rows];
}

/** A line a container and look, until it has had enough looks. */
async function printLines(meter: Meter, wishes: Wishes, { stdout }: CommandContext): Promise<void> {
  const { mode, count, delayMs } = wishes;
  if (mode === 'csv') stdout.write(`${CSV_HEADER}\n`);
  for (let looks = 0; ;) {
    const rows = inOrder(meter.look(), totalOrders, wishes);
    const time = Date.now();
    const lines = rows.map((row) =>
      mode === 'csv' ? `${csvLine(time, row)}\n` : measurementJson(time, row),
    );
    stdout.write(lines.join(''));
    if (++looks >= count) return;
    await sleep(delayMs);
  }
}

/** For whoever is no terminal, or a dumb one: the table as it is after a second, once. */
async function printOnce(
  meter: Meter,
  wishes: Wishes,
  { stdout }: CommandContext,
  withPaths: boolean,
): Promise<void> {
  meter.look();
  await sleep(Math.min(ONCE_MS, wishes.delayMs));
  const rows = inOrder(meter.look(), containerOrders, wishes);
  const plain = { paint: (_colour: unknown, text: string) => text, width: Infinity, withPaths };
  const lines = [summary(rows), ...containerTable(rows, { sort: wishes.sort, ...plain })];
  stdout.write(lines.map((line) => `${line.trimEnd()}\n`).join(''));
}

/** One that does not run may be started meanwhile. Of a mistyped one a table would be empty for ever. */
function checkNames(names: readonly string[], stores: readonly Store[]): void {
  const isThere = (name: string, store: Store): boolean =>
    existsSync(containerPaths(store.system, store.lxcpath, name).config) ||
    inspectContainers(store, [name], { network: false }).some(({ state }) => state !== 'STOPPED');
  const strange = names.find((name) => !stores.some((store) => isThere(name, store)));
  if (strange === undefined) return;
  const hint = `${stores.map(({ lxcpath }) => `tlxc-ls -P ${lxcpath}`).join(' and ')} lists those that exist`;
  throw new TlxcError({ code: 'TLXC_E_NOT_FOUND', message: `${strange} doesn't exist`, hint });
}

async function top(invocation: Invocation, context: CommandContext): Promise<number> {
  const wishes = wishesOf(invocation);
  const { system, lxcpaths, rest, options } = invocation;
  // lxc-top takes no names, and does nothing with -n.
  const names = typeof options['name'] === 'string' ? [options['name'], ...rest] : rest;
  const stores = [...new Set(lxcpaths)].map((lxcpath) => ({ system, lxcpath, environment: context.env }));
  checkNames(names, stores);
  const meter = new Meter(stores, names);
  const withPaths = stores.length > 1;
  const { stdin, stdout, env } = context;
  if (wishes.mode !== 'table') await printLines(meter, wishes, context);
  else if (stdin instanceof ReadStream && stdout instanceof WriteStream && env['TERM'] !== 'dumb') {
    const screen = new Screen(stdin, stdout);
    const view = firstView(wishes.sort, wishes.reversed);
    try {
      await showLive(screen, { meter, ...wishes, view, paint: painter(context), withPaths });
    } finally {
      screen.close();
    }
  } else await printOnce(meter, wishes, context, withPaths);
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-top',
    summary: 'shows what the running containers use',
    usage: '[--delay=SECONDS] [--sort=KEY] [--reverse] [--batch|--json] [--count=N] [NAME]...',
    name: 'ignored',
    rest: 'words',
    manyPaths: true,
    options: [
      { flags: '-d, --delay <SECONDS>', description: 'Between two looks: 3 unless set, 300 with --batch' },
      { flags: '-b, --batch', description: 'Lines of comma-separated values, for a program' },
      {
        flags: '-s, --sort <KEY>',
        description: `Sort by KEY:\n${containerOrders.map(({ key, words }) => `${key} = ${words}`).join('\n')}`,
      },
      { flags: '-r, --reverse', description: 'Turn the order round: names upwards, numbers downwards' },
      { flags: '--json', description: 'A JSON object a line, for each container and look' },
      { flags: '--count <N>', description: 'End after N looks' },
    ],
  },
  top,
);
