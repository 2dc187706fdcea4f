/**
 * What tlxc-ls and lxc-ls say inside a container: the words of somebody who may not be believed, so everything in them is of
 * the right kind, and of a size, or the answer counts not at all. Pure.
 */
import { CONTAINER_NAME } from '../../config/values/container-name.ts';
import type { HealthStatus } from '../../monitor/protocol.ts';
import type { ListedContainer } from '../info/listed.ts';

/** Longer than any address, group or interface. */
const LONGEST = 128;
const MOST = 100;

const STATES: readonly unknown[] = [
  ...['STOPPED', 'STARTING', 'RUNNING', 'STOPPING', 'ABORTING', 'FREEZING', 'FROZEN', 'THAWED'],
  ...['UNRESPONSIVE', 'BROKEN', 'RESTARTING'],
];

const HEALTH: readonly HealthStatus[] = ['starting', 'healthy', 'unhealthy'];

/** Nothing is known of it but that it is there. */
export const STOPPED: Omit<ListedContainer, 'name' | 'parents'> = {
  ...{ state: 'STOPPED', pid: null, ram: null, swap: null, autostart: null, unprivileged: null },
  ...{ groups: [], interfaces: [], ipv4: [], ipv6: [], rxBytes: null, txBytes: null },
  ...{ health: null, restart: null, diskBytes: null, diskLimitBytes: null },
};

export const isContainerName = (value: unknown): value is string =>
  typeof value === 'string' && CONTAINER_NAME.test(value);

const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
const health = (value: unknown): ListedContainer['health'] =>
  HEALTH.find((status) => status === value) ?? null;
const flag = (value: unknown): boolean | null => (typeof value === 'boolean' ? value : null);
const words = (value: unknown): readonly string[] =>
  Array.isArray(value)
    ? value
        .filter((word): word is string => typeof word === 'string' && word.length <= LONGEST)
        .slice(0, MOST)
    : [];

function listed(row: Readonly<Record<string, unknown>>): ListedContainer | null {
  const { name, state, parents = [] } = row;
  if (!isContainerName(name) || !STATES.includes(state)) return null;
  if (!Array.isArray(parents) || !parents.every(isContainerName)) return null;
  return {
    ...{ ...STOPPED, name, parents, state: state as string },
    ...{ pid: count(row['pid']), ram: count(row['ram']), swap: count(row['swap']) },
    health: health(row['health']),
    ...{ autostart: flag(row['autostart']), unprivileged: flag(row['unprivileged']) },
    ...{ groups: words(row['groups']), interfaces: words(row['interfaces']) },
    ...{ ipv4: words(row['ipv4']), ipv6: words(row['ipv6']) },
    ...{ rxBytes: count(row['rxBytes']), txBytes: count(row['txBytes']) },
    ...{ diskBytes: count(row['diskBytes']), diskLimitBytes: count(row['diskLimitBytes']) },
  };
}

const allOrNone = (rows: readonly (ListedContainer | null)[]): readonly ListedContainer[] | null =>
  rows.includes(null) ? null : (rows as readonly ListedContainer[]);

/** Of `tlxc-ls --json`; null: it makes no sense. */
export function readJson(text: string): readonly ListedContainer[] | null {
  try {
    const rows = JSON.parse(text) as unknown;
    if (!Array.isArray(rows)) return null;
    return allOrNone(
      rows.map((row: unknown) => (typeof row === 'object' && row !== null ? listed({ ...row }) : null)),
    );
  } catch {
    return null;
  }
}

/** lxc-ls's columns, and as what tlxc-ls would tell the text of a cell. */
const CELLS: Readonly<Record<string, (cell: string) => Readonly<Record<string, unknown>>>> = {
  NAME: (name) => ({ name }),
  STATE: (state) => ({ state }),
  PID: (pid) => ({ pid: Number(pid) }),
  RAM: (ram) => ({ ram: Math.round(parseFloat(ram) * 1048576) }),
  SWAP: (swap) => ({ swap: Math.round(parseFloat(swap) * 1048576) }),
  AUTOSTART: (auto) => ({ autostart: auto === '1' }),
  GROUPS: (groups) => ({ groups: groups.split(', ') }),
  INTERFACE: (interfaces) => ({ interfaces: interfaces.split(', ') }),
  IPV4: (ipv4) => ({ ipv4: ipv4.split(', ') }),
  IPV6: (ipv6) => ({ ipv6: ipv6.split(', ') }),
  UNPRIVILEGED: (text) => ({ unprivileged: text === 'true' }),
};

/** What lxc-ls is asked for. */
export const LXC_COLUMNS: readonly string[] = Object.keys(CELLS);

/** Of `lxc-ls -f -F` with LXC_COLUMNS: cells stand below their headers; "-" is nothing. null: it makes no sense. */
export function readTable(text: string): readonly ListedContainer[] | null {
  const [header = '', ...lines] = text.split('\n').filter((line) => line !== '');
  if (header === '') return [];
  const starts = LXC_COLUMNS.map((column) => header.indexOf(`${column} `));
  if (starts.includes(-1)) return null;
  return allOrNone(
    lines.map((line) => {
      const cells = LXC_COLUMNS.map((column, at): Readonly<Record<string, unknown>> => {
        const cell = line.slice(starts[at], starts[at + 1]).trim();
        return cell === '-' ? {} : (CELLS[column]?.(cell) ?? {});
      });
      return listed(Object.assign({}, ...cells) as Readonly<Record<string, unknown>>);
    }),
  );
}
