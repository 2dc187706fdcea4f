/** A table of tlxc-top as lines of a given width. Pure. */
import type { Cell, Column } from './top-columns.ts';
import { clip, columns as widthOf, printable } from './printable.ts';

export type Paint = (colour: NonNullable<Cell['alarm']>, text: string) => string;

export interface TableParts<T> {
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  /** The column of words that takes the room that the others leave: at the beginning or at the end. */
  readonly words: { readonly title: string; readonly at: 'begin' | 'end'; readonly of: (row: T) => string };
  /** The current sort key. */
  readonly sort: string;
  /** Columns of the terminal; Infinity: as wide as it gets. */
  readonly width: number;
  readonly paint: Paint;
}

const LEAST_WORDS = 8;

const padEnd = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** Those that have something to show, as many as fit. */
function chosen<T>({ columns, rows, sort, width }: TableParts<T>): readonly Column<T>[] {
  const isSort = ({ key }: Column<T>) => key === sort;
  const wanted = columns.filter((column) => isSort(column) || !column.rare || rows.some(column.rare));
  const rank = (column: Column<T>) => (isSort(column) ? 0 : column.importance);
  const byRank = [...wanted].sort((a, b) => rank(a) - rank(b));
  let room = width - LEAST_WORDS;
  const fitting = new Set<Column<T>>();
  for (const column of byRank) {
    room -= column.width + 1;
    if (room < 0) break;
    fitting.add(column);
  }
  return wanted.filter((column) => fitting.has(column));
}

/** The header, then a line a row; no line is wider than the terminal. */
export function tableLines<T>(parts: TableParts<T>): string[] {
  const { rows, words, paint, width, sort } = parts;
  const shown = chosen(parts);
  const taken = shown.reduce((sum, column) => sum + column.width + 1, 0);
  const longest = Math.max(
    LEAST_WORDS,
    words.title.length,
    ...rows.map((row) => widthOf(printable(words.of(row)))),
  );
  const room = words.at === 'end' ? width - taken : Math.min(width - taken, longest);
  const line = (text: string, cells: readonly Cell[]): string => {
    const clipped = clip(text, Math.max(0, room));
    const numbers = cells.map(({ text: cell, alarm }, at) => {
      const padded = clip(cell, shown[at]?.width ?? 0).padStart(shown[at]?.width ?? 0);
      return alarm ? paint(alarm, padded) : padded;
    });
    if (words.at === 'end') return [...numbers, clipped].join(' ');
    return [padEnd(clipped, room), ...numbers].join(' ');
  };
  const mark = ({ title, key }: Column<T>): Cell => ({
    text: key !== '' && key === sort ? `*${title}` : title,
  });
  const header = line(
    words.title,
    shown.map((column) => mark(column)),
  );
  return [
    header,
    ...rows.map((row) =>
      line(
        words.of(row),
        shown.map((column) => column.cell(row)),
      ),
    ),
  ];
}
