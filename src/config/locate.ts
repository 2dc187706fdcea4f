/** Where in its line a problem is. Looked for only when there is one: a good configuration pays nothing for it. */
import { TlxcError } from '../errors.ts';
import type { Fault, Problem, SourceLocation } from '../problem.ts';
import { parseLine } from './document.ts';
import { readConfigFile } from './read-file.ts';
import { tellableLine } from './secret.ts';

interface Extent {
  /** 0-based, in UTF-16 units. */
  readonly start: number;
  readonly text: string;
}

const SEPARATOR = /[\s,:;=/"'[\]]/;

/** The first place where the word stands by itself, else the first where it stands at all; -1 for none. */
function indexOfWord(text: string, word: string): number {
  const first = text.indexOf(word);
  for (let at = first; at !== -1; at = text.indexOf(word, at + 1)) {
    const [before, after] = [text[at - 1], text[at + word.length]];
    if ([before, after].every((next) => next === undefined || SEPARATOR.test(next))) return at;
  }
  return first;
}

/** Of a line that is no KEY = VALUE, which files other than a configuration have, all is meant. */
function partOf(raw: string, part: Fault['part']): Extent {
  const line = parseLine(raw);
  const start = raw.length - raw.trimStart().length;
  if (line.kind !== 'entry') return { start, text: raw.trim() };
  if (part === 'key') return { start, text: line.key };
  const from = raw.indexOf('=') + 1;
  return { start: Math.max(from, raw.indexOf(line.value, from)), text: line.value };
}

function extentOf(raw: string, { part, word, offset }: Fault): Extent {
  const whole = partOf(raw, part);
  if (word === undefined || word === '') return whole;
  const at = offset ?? indexOfWord(whole.text, word);
  return at === -1 ? whole : { start: whole.start + at, text: word };
}

/** The line that a place is of, as it was written; undefined where it is not known. */
export type LineOf = (at: SourceLocation) => string | undefined;

/** The problem with its column, its line as written, and how much of it is wrong; as it was where the line is not known. */
export function locate(problem: Problem, lineOf: LineOf): Problem {
  const { at, fault = {} } = problem.details;
  const raw = at && lineOf(at)?.replace(/\r$/, '');
  if (at === undefined || raw === undefined) return problem;
  const { start, text } = extentOf(raw, fault);
  return problem.with({
    at: at.line === 0 ? at : { ...at, column: start + 1 },
    source: { text: tellableLine(raw), start, length: Math.max(1, text.length) },
  });
}

/** Lines of files as they are now, each file read once; undefined for what cannot be read. */
function linesOfFiles(): LineOf {
  const texts = new Map<string, readonly string[]>();
  const read = (file: string): readonly string[] => {
    try {
      return readConfigFile(file).text.split('\n');
    } catch (error) {
      if (error instanceof TlxcError) return [];
      throw error;
    }
  };
  return ({ file, line }) => {
    if (line === 0) return undefined;
    const lines = texts.get(file) ?? read(file);
    texts.set(file, lines);
    return lines[line - 1];
  };
}

/** The error with the lines of its problems: as they were read, or else are in their files now. */
export function withLines(error: TlxcError, read: LineOf = () => undefined): TlxcError {
  const { problems } = error.details;
  if (problems === undefined) return error;
  const inFiles = linesOfFiles();
  const lineOf: LineOf = (at) => read(at) ?? inFiles(at);
  return new TlxcError({ ...error.details, problems: problems.map((problem) => locate(problem, lineOf)) });
}
