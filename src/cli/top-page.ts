/** How a screen of tlxc-top is laid out: a title, a table with the chosen row in sight, the keys. Pure. */
import type { Measurement } from '../container/info/meter.ts';
import { containerColumns, cpuTime, shortSize, type Order } from './top-columns.ts';
import { clip } from './printable.ts';
import { tableLines, type Paint } from './top-frame.ts';

const REVERSE = '\u001b[7m';
const BOLD = '\u001b[1m';
const NORMAL = '\u001b[0m';

export const idOf = ({ lxcpath, name }: Measurement): string => `${lxcpath}/${name}`;
/** What the keys do. */
export function helpLine<T>(orders: readonly Order<T>[], first: string): string {
  const keys = orders.map(({ key, words }) => `${key} ${words}`).join('  ');
  return `${first}  r reverse  sort: ${keys}`;
}

/** A table between a title and a help line, the chosen row in sight. */
export interface Page {
  readonly title: string;
  /** The header first. */
  readonly table: readonly string[];
  readonly chosen: number;
  readonly help: string;
}

interface Size {
  readonly rows: number;
  readonly columns: number;
}

/** Lines around the rows: title, header, help. */
export const AROUND = 3;

/** As many lines as the screen has, or fewer. */
export function pageLines({ title, table, chosen, help }: Page, { rows, columns }: Size): string[] {
  const [header = '', ...body] = table;
  const room = Math.max(1, rows - AROUND);
  const first = Math.max(0, Math.min(chosen - Math.floor(room / 2), body.length - room));
  const seen = body
    .slice(first, first + room)
    .map((line, at) => (first + at === chosen ? `${BOLD}>${line}${NORMAL}` : ` ${line}`));
  const filler = Array.from({ length: room - seen.length }, () => '');
  const lines = [
    `${BOLD}${clip(title, columns)}${NORMAL}`,
    `${REVERSE} ${header}${NORMAL}`,
    ...[...seen, ...filler, clip(help, columns)],
  ];
  return rows >= AROUND + 1 ? lines : lines.slice(1, 1 + rows);
}

export const counted = (number: number, one: string, more: string) =>
  `${number} ${number === 1 ? one : more}`;

/** The line above the containers. */
export function summary(rows: readonly Measurement[]): string {
  const sum = (of: (row: Measurement) => number | null | undefined): number =>
    rows.reduce((total, row) => total + (of(row) ?? 0), 0);
  return [
    `tlxc-top ${new Date().toTimeString().slice(0, 8)}`,
    counted(rows.length, 'container', 'containers'),
    `cpu ${sum(({ cpuPercent }) => cpuPercent).toFixed(1)}%`,
    `time ${cpuTime(sum(({ cpuNanoseconds }) => cpuNanoseconds))}`,
    `memory ${shortSize(sum(({ memoryBytes }) => memoryBytes))}`,
    `pids ${sum(({ tasks }) => tasks)}`,
  ].join('   ');
}

interface ContainerTable {
  readonly paint: Paint;
  /** Several stores: names alone do not tell. */
  readonly withPaths: boolean;
  readonly sort: string;
  readonly width: number;
}

export function containerTable(rows: readonly Measurement[], options: ContainerTable): string[] {
  const of = (row: Measurement): string => (options.withPaths ? idOf(row) : row.name);
  const words = { title: 'NAME', at: 'begin' as const, of };
  return tableLines({ columns: containerColumns, rows, words, ...options });
}
