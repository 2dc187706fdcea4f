/** Configuration files as lines. Of many containers that include the same file it is read and parsed once. */
import { statSync, type BigIntStats } from 'node:fs';
import { parseLine } from './document.ts';
import { readConfigFile, stampOf, type ConfigText } from './read-file.ts';

/** A line that says something, with its number. */
export type NumberedLine =
  | { readonly kind: 'entry'; readonly key: string; readonly value: string; readonly line: number }
  | { readonly kind: 'malformed' | 'foreign'; readonly text: string; readonly line: number };

export interface ParsedFile extends ConfigText {
  /** Without blank lines and comments. */
  readonly lines: readonly NumberedLine[];
}

/** More files than a store's containers include; the container's own are read twice at most, soon after one another. */
const MOST_KEPT = 256;
/** A change this soon after another may not show in a file's times. */
const SETTLED_MS = 2000;

const kept = new Map<string, ParsedFile>();

function isUnchanged({ stamp }: ConfigText, path: string): boolean {
  const now: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return now !== undefined && stampOf(now) === stamp;
}

function linesOf(text: string): NumberedLine[] {
  const lines: NumberedLine[] = [];
  text.split('\n').forEach((raw, index) => {
    const said = parseLine(raw);
    if ('key' in said || 'text' in said) lines.push({ ...said, line: index + 1 });
  });
  return lines;
}

/** The file as it is now. Throws as readConfigFile does. */
export function parsedFile(path: string): ParsedFile {
  const before = kept.get(path);
  if (before && isUnchanged(before, path)) return before;
  kept.delete(path);
  const read = readConfigFile(path);
  const parsed = { ...read, lines: linesOf(read.text) };
  if (Date.now() - read.changedAtMs > SETTLED_MS) {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(path, parsed);
  }
  return parsed;
}
