/** Configuration files as lines. Of many containers that include the same file it is read and parsed once. */
import { statSync } from 'node:fs';
import { parseLine } from './document.ts';
import type { Asker } from './open-file.ts';
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

/** Where it cannot be looked at any more, reading it says why. */
function isUnchanged({ stamp }: ConfigText, path: string): boolean {
  try {
    return stampOf(statSync(path, { bigint: true })) === stamp;
  } catch {
    return false;
  }
}

function linesOf(text: string): NumberedLine[] {
  const lines: NumberedLine[] = [];
  text.split('\n').forEach((raw, index) => {
    const said = parseLine(raw);
    if ('key' in said || 'text' in said) lines.push({ ...said, line: index + 1 });
  });
  return lines;
}

const parse = (read: ConfigText): ParsedFile => ({ ...read, lines: linesOf(read.text) });

/** The same, read anew with the rights of the user whose file names it. */
export const parsedFileFor = (asker: NonNullable<Asker>, path: string): ParsedFile =>
  parse(readConfigFile(path, asker));

/** The file as it is now (milliseconds since 1970). Throws as readConfigFile does. */
export function parsedFile(path: string, now = Date.now()): ParsedFile {
  const before = kept.get(path);
  if (before && isUnchanged(before, path)) return before;
  kept.delete(path);
  const parsed = parse(readConfigFile(path));
  if (now - parsed.changedAtMs > SETTLED_MS) {
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(path, parsed);
  }
  return parsed;
}
