/** tlxc-ls */
import { asGlance, type Glance } from '../config/glance.ts';
import type { ContainerConfig } from '../config/model.ts';
import {
  addressesOf,
  configOf,
  glanceOf,
  beginInspection,
  trafficOf,
  type ContainerStatus,
  type Inspection,
  type Store,
} from '../container/info/inspect.ts';
import { diskUsagesOf } from '../container/info/disk.ts';
import { listActive, listContainers } from '../container/store.ts';
import { usageOf } from '../container/info/usage.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { withNested } from './ls-nested.ts';
import { fancyTable, nameColumns, shownColumns, type Column, type Row } from './ls-table.ts';
import { wishesOf, type Wishes } from './ls-wishes.ts';
import { jsonText } from './printable.ts';
import { tellError } from './tell.ts';

interface Found extends ContainerStatus {
  /** null: nobody asks for all of it, or there is none. */
  readonly config: ContainerConfig | TlxcError | null;
  /** null: nobody asks, or it cannot be read. */
  readonly glance: Glance | null;
}

/** Nothing of it runs. */
const STOPPED: ReadonlySet<string> = new Set(['STOPPED', 'RESTARTING', 'BROKEN']);

function matchesState({ state }: Pick<Row, 'state'>, { only }: Wishes): boolean {
  const stopped = STOPPED.has(state);
  if ((only.active || only.running) && stopped) return false;
  if (only.stopped && !stopped) return false;
  return !only.frozen || state === 'FROZEN';
}

const isMember = ({ glance }: Pick<Found, 'glance'>, groups: readonly string[]) =>
  groups.length === 0 || (glance !== null && groups.every((group) => glance.groups.includes(group)));

/** As a container of our own is chosen, one in it. */
const matchesRow = (row: Row, wishes: Wishes): boolean =>
  (wishes.pattern?.test(row.name) ?? true) &&
  matchesState(row, wishes) &&
  wishes.groups.every((group) => row.groups.includes(group));

const OF_NETWORK: readonly Column[] = ['INTERFACE', 'IPV4', 'IPV6', 'RX', 'TX'];
const OF_DISK: readonly Column[] = ['DISK', 'DISKLIMIT'];

/** Of one that is stopped every value is looked at: whether it can be started is told. */
function read(
  store: Store,
  { name, state }: Pick<ContainerStatus, 'name' | 'state'>,
  thorough: boolean,
): Pick<Found, 'config' | 'glance'> {
  const glance = thorough || state === 'STOPPED' ? null : glanceOf(store, name);
  if (glance) return { config: null, glance };
  const config = configOf(store, name);
  return { config, glance: config === null || config instanceof TlxcError ? null : asGlance(config) };
}

/** Looks only at what is asked for: plain names need no monitor and no configuration. */
function find(store: Store, wishes: Wishes): Found[] {
  const { only, columns, groups, fancy, json, pattern, levels } = wishes;
  const defined = listContainers(store.lxcpath);
  const active = only.defined ? [] : listActive(store.system, store.lxcpath);
  const undefinedOnes = new Set(active.filter((name) => !defined.includes(name)));
  const names = [...defined, ...undefinedOnes].filter((name) => pattern?.test(name) ?? true);
  names.sort((a, b) => (a < b ? -1 : 1));
  const shown = (...wanted: readonly Column[]) =>
    json || (fancy && wanted.some((column) => columns.includes(column)));
  const byState = only.active || only.running || only.frozen || only.stopped;
  const stateMatters = byState || undefinedOnes.size > 0 || levels > 0;
  const asksMonitors =
    stateMatters || shown('STATE', 'PID', 'RAM', 'SWAP', 'HEALTH', 'RESTART', ...OF_NETWORK);
  const network = shown(...OF_NETWORK);
  const { states, whole }: Inspection = asksMonitors
    ? beginInspection(store, names, { network })
    : {
        states: names.map((name) => ({ name, state: 'STOPPED', running: null })),
        whole: (one) => ({ ...one, interfaces: [] }),
      };
  const thorough = levels > 0 || shown(...OF_DISK);
  const needsConfig = thorough || groups.length > 0 || shown('STATE', 'AUTOSTART', 'GROUPS', 'UNPRIVILEGED');
  const nothing = { config: null, glance: null };
  return states
    .filter((status) => !undefinedOnes.has(status.name) || status.state !== 'STOPPED')
    .filter((status) => matchesState(status, wishes))
    .map((status) => ({ ...status, ...(needsConfig ? read(store, status, thorough) : nothing) }))
    .filter((found) => isMember(found, groups))
    .map(whole);
}

/** What its configuration says; nothing where there is none, or a broken one. */
const configCells = ({ glance }: Found): Pick<Row, 'autostart' | 'groups' | 'unprivileged'> => ({
  autostart: glance?.start.auto ?? null,
  groups: glance?.groups ?? [],
  unprivileged: glance?.unprivileged ?? null,
});

function usageCells({ running }: Found, { json, columns }: Wishes): Pick<Row, 'ram' | 'swap'> {
  const wanted = json || columns.includes('RAM') || columns.includes('SWAP');
  if (!running || !wanted) return { ram: null, swap: null };
  const usage = usageOf(running.cgroups);
  return { ram: usage.memoryBytes, swap: usage.swapBytes };
}

type Disk = Pick<Row, 'diskBytes' | 'diskLimitBytes'>;

/** Of each. */
async function disksOf(found: readonly Found[], { json, columns }: Wishes): Promise<readonly Disk[]> {
  const wanted = json || OF_DISK.some((column) => columns.includes(column));
  const configs = found.map(({ config }) => (wanted && !(config instanceof TlxcError) ? config : null));
  const usages = await diskUsagesOf(configs);
  return usages.map((usage) => ({ diskBytes: usage?.used ?? null, diskLimitBytes: usage?.limit ?? null }));
}

function rowOf(found: Found, wishes: Wishes, disk: Disk | undefined): Row {
  const broken = found.config instanceof TlxcError && found.state === 'STOPPED';
  return {
    name: found.name,
    parents: [],
    state: broken ? 'BROKEN' : found.restart ? 'RESTARTING' : found.state,
    pid: found.running?.initPid ?? null,
    ...usageCells(found, wishes),
    ...configCells(found),
    interfaces: found.interfaces.map((entry) => entry.name).sort(),
    ipv4: addressesOf(found, 'inet'),
    ipv6: addressesOf(found, 'inet6'),
    ...trafficOf(found),
    health: found.running?.health?.status ?? null,
    restart: found.restart ?? null,
    ...(disk ?? { diskBytes: null, diskLimitBytes: null }),
  };
}

function plainLines(
  names: readonly string[],
  { options }: Invocation,
  { stdout }: CommandContext,
): readonly string[] {
  if (names.length === 0 || options['line'] === true) return names;
  return nameColumns(names, stdout.isTTY ? (stdout.columns ?? 80) : 0);
}

async function ls(invocation: Invocation, context: CommandContext): Promise<number> {
  const { system, lxcpath } = invocation;
  const wishes = wishesOf(invocation);
  const found = find({ system, lxcpath, environment: context.env }, wishes);
  for (const { name, config, untold } of found)
    for (const error of [config, untold])
      if (error instanceof TlxcError) tellError(error, invocation, context, name);
  const disks = await disksOf(found, wishes);
  const own = found.map((entry, index) => ({
    row: rowOf(entry, wishes, disks[index]),
    config: entry.config,
  }));
  const rows = await withNested(own, {
    store: { system, lxcpath, environment: context.env },
    levels: wishes.levels,
    wanted: (row) => matchesRow(row, wishes),
    onError: (error, name) => tellError(error, invocation, context, name),
  });
  const print = (lines: readonly string[]) => context.stdout.write(lines.map((line) => `${line}\n`).join(''));
  if (wishes.json) context.stdout.write(jsonText(rows));
  else if (!wishes.fancy)
    print(
      plainLines(
        rows.map(({ name, parents }) => [...parents, name].join('/')),
        invocation,
        context,
      ),
    );
  else if (rows.length > 0) print(fancyTable(rows, shownColumns(rows, wishes.columns)));
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-ls',
    summary: 'lists containers',
    usage:
      '[-1|-f|--json] [--active] [--running] [--frozen] [--stopped] [--defined]\n        [-g GROUPS] [-F COLUMNS] [--nesting[=NUM]] [--filter=REGEX | REGEX]',
    name: 'ignored',
    rest: 'words',
    // As LXC: nothing is wrong with the containers.
    exitCodes: { TLXC_E_USAGE: 0 },
    options: [
      { flags: '-1, --line', description: 'One name a line' },
      { flags: '-f, --fancy', description: 'A table' },
      {
        flags: '-F, --fancy-format <COLUMNS>',
        description:
          'A table of these columns, separated by commas:\nNAME, STATE, PID, RAM, SWAP, AUTOSTART, GROUPS,\nINTERFACE, IPV4, IPV6, UNPRIVILEGED, RX, TX, HEALTH,\nRESTART, DISK, DISKLIMIT',
      },
      { flags: '--json', description: 'All that is known of each, as JSON' },
      { flags: '--active', description: 'Only those with a live monitor' },
      { flags: '--running', description: 'Only those that run (or are frozen)' },
      { flags: '--frozen', description: 'Only those that are frozen' },
      { flags: '--stopped', description: 'Only those that are stopped' },
      { flags: '--defined', description: 'Only those with a configuration' },
      {
        flags: '--nesting [NUM]',
        description: 'Also the containers in containers, NUM levels deep (5)',
      },
      { flags: '--filter <REGEX>', description: 'Only names that the regular expression matches' },
      {
        flags: '-g, --groups <GROUPS>',
        description: 'Only members of all these groups (commas between them)',
      },
    ],
  },
  ls,
);
