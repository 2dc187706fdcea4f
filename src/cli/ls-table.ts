/** How tlxc-ls prints: the columns, their cells, and the three layouts, as LXC has them. Pure. */
import type { ListedContainer } from '../container/info/listed.ts';
import { dueWords } from './restart-words.ts';
import { printable } from './printable.ts';
import { usageError } from './usage.ts';

export type Row = ListedContainer;

const mebibytes = (bytes: number) => `${(bytes / 1048576).toFixed(2)}MB`;
const orEmpty = <T>(value: T | null, print: (value: T) => string) => (value === null ? '' : print(value));

/** Below the container that it is in. */
const indented = ({ name, parents }: Row) =>
  parents.length === 0 ? name : '\\'.padStart(parents.length) + name;

/** The columns, in the order in which the manual names them, and what stands in each; "" is shown as "-". */
const CELLS = {
  NAME: indented,
  STATE: (row: Row) => row.state,
  PID: (row: Row) => orEmpty(row.pid, String),
  RAM: (row: Row) => orEmpty(row.ram, mebibytes),
  SWAP: (row: Row) => orEmpty(row.swap, mebibytes),
  AUTOSTART: (row: Row) => orEmpty(row.autostart, (auto) => (auto ? '1' : '0')),
  GROUPS: (row: Row) => row.groups.join(', '),
  INTERFACE: (row: Row) => row.interfaces.join(', '),
  IPV4: (row: Row) => row.ipv4.join(', '),
  IPV6: (row: Row) => row.ipv6.join(', '),
  UNPRIVILEGED: (row: Row) => orEmpty(row.unprivileged, String),
  RX: (row: Row) => orEmpty(row.rxBytes, mebibytes),
  TX: (row: Row) => orEmpty(row.txBytes, mebibytes),
  HEALTH: (row: Row) => row.health ?? '',
  RESTART: (row: Row) => orEmpty(row.restart, dueWords),
  DISK: (row: Row) => orEmpty(row.diskBytes, mebibytes),
  DISKLIMIT: (row: Row) => orEmpty(row.diskLimitBytes, mebibytes),
};

export type Column = keyof typeof CELLS;

const COLUMNS = Object.keys(CELLS) as Column[];

export const DEFAULT_COLUMNS: readonly Column[] = [
  ...(['NAME', 'STATE', 'AUTOSTART', 'GROUPS'] as const),
  ...(['IPV4', 'IPV6', 'UNPRIVILEGED'] as const),
];

/** Beside LXC's own, where nothing else was asked for, what a container of TLXC's has to tell. */
export const shownColumns = (rows: readonly Row[], columns: readonly Column[]): readonly Column[] =>
  columns === DEFAULT_COLUMNS && rows.some(({ health }) => health !== null)
    ? columns.flatMap((column) => (column === 'STATE' ? (['STATE', 'HEALTH'] as const) : column))
    : columns;

/** The columns that -F names, in its order and in either case. Throws TLXC_E_USAGE with LXC's words on another. */
export function parseColumns(text: string): Column[] {
  const words = text.split(',').map((word) => word.trim());
  return words
    .filter((word) => word !== '')
    .map((word) => {
      const column = COLUMNS.find((known) => known === word.toUpperCase());
      if (column) return column;
      const hint = `the columns are ${COLUMNS.join(', ')}`;
      throw usageError(`Invalid key: ${word}`, hint);
    });
}

const SIZES: ReadonlySet<Column | undefined> = new Set(['RAM', 'SWAP', 'RX', 'TX', 'DISK', 'DISKLIMIT']);

/** A size's column has room for 0.00MB even where nothing runs. */
const narrowest = (column: Column): number =>
  Math.max(column.length, SIZES.has(column) ? mebibytes(0).length : 0);

/** -f: a header and a line a container; every cell is as wide as its column's widest and followed by a blank. */
export function fancyTable(rows: readonly Row[], columns: readonly Column[]): string[] {
  const cells = rows.map((row) => columns.map((column) => printable(CELLS[column](row)) || '-'));
  const widths = columns.map((column, at) =>
    Math.max(narrowest(column), ...cells.map((row) => (row[at] ?? '').length)),
  );
  const pad = (cell: string, at: number) => {
    const width = widths[at] ?? 0;
    const rightAligned = SIZES.has(columns[at]) && cell.endsWith('MB');
    return `${rightAligned ? cell.padStart(width) : cell.padEnd(width)} `;
  };
  return [columns, ...cells].map((row) => row.map(pad).join(''));
}

/** lxc-ls's narrowest column: the header NAME, though plain lists have none. */
const NARROWEST = 4;

/** Names in as many columns as a terminal of `width` takes; one padded name a line where there is none (width 0). */
export function nameColumns(names: readonly string[], width: number): string[] {
  const widest = Math.max(NARROWEST, ...names.map((name) => name.length));
  const perLine = Math.max(1, Math.floor((width + 1) / (widest + 1)));
  const lines: string[] = [];
  for (let at = 0; at < names.length; at += perLine) {
    const cells = names.slice(at, at + perLine).map((name) => name.padEnd(widest));
    lines.push(cells.join(' ') + (cells.length < perLine ? ' ' : ''));
  }
  return lines;
}
