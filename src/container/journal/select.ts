/** Which records of a journal somebody wants to see. */
import { TlxcError } from '../../errors.ts';
import type { LogRecord, LogSource } from './record.ts';

/** Which records of a log. */
export interface LogSelection {
  /** All unless given. */
  readonly sources?: readonly LogSource[];
  /** 0: of the last boot, -1: of the one before it, …; of all unless given. */
  readonly boot?: number;
  /** Not older than this, in milliseconds since 1970. */
  readonly sinceMs?: number;
  /** The last so many lines. */
  readonly lines?: number;
}

/** The records between two marks. Throws TLXC_E_NOT_FOUND where there are not so many. */
function ofBoot(records: Iterable<LogRecord>, boot: number): readonly LogRecord[] {
  const kept: LogRecord[][] = [];
  let count = 0;
  for (const record of records) {
    if (record.source === 'boot' || count === 0) {
      count++;
      kept.push([]);
      if (kept.length > 1 - boot) kept.shift();
    }
    kept.at(-1)?.push(record);
  }
  const found = count > -boot ? kept[0] : undefined;
  if (found) return found;
  const message = `the log has ${count === 1 ? 'only one boot' : `no more than ${count} boots`}`;
  throw new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message,
    hint: 'boot 0 is the last one, -1 that before it',
  });
}

/** The last so many lines, of which one may be in several records. */
function lastLines(records: Iterable<LogRecord>, lines: number): LogRecord[] {
  const kept: LogRecord[][] = [];
  let ended = true;
  for (const record of records) {
    if (ended) kept.push([]);
    if (kept.length > lines) kept.shift();
    kept.at(-1)?.push(record);
    ended = record.ends;
  }
  return kept.flat();
}

/** Those that are wanted, in their order. */
export function* selectRecords(records: Iterable<LogRecord>, selection: LogSelection): Generator<LogRecord> {
  const { boot, lines } = selection;
  const some = boot === undefined ? records : ofBoot(records, boot);
  const wanted = filtered(some, selection);
  yield* lines === undefined ? wanted : lastLines(wanted, lines);
}

/** By source and time. */
export function* filtered(
  records: Iterable<LogRecord>,
  { sources, sinceMs = 0 }: LogSelection,
): Generator<LogRecord> {
  for (const record of records) {
    const isWanted = sources?.includes(record.source) ?? true;
    if (isWanted && (sinceMs === 0 || Date.parse(record.time) >= sinceMs)) yield record;
  }
}
