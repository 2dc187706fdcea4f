/**
 * A configuration file as it was written. Comments, order, blank lines and line ends survive every edit: a line that
 * is not edited stays as it is, byte for byte.
 */
import { TlxcError } from '../errors.ts';

/** What one line says. foreign: neither blank, nor a comment, nor of an lxc. or tlxc. key; LXC skips such lines. */
export type Line =
  | { readonly kind: 'blank' | 'comment' }
  | { readonly kind: 'entry'; readonly key: string; readonly value: string }
  | { readonly kind: 'malformed' | 'foreign'; readonly text: string };

/** One pair of equal outer quotes is not part of a value. */
function unquote(value: string): string {
  const quote = value[0];
  const quoted = (quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote);
  return quoted ? value.slice(1, -1) : value;
}

/** Reads one line, without its line end: KEY = VALUE, a comment (#), or nothing. lxc.container.conf(5). */
export function parseLine(raw: string): Line {
  const text = raw.trim();
  if (text === '') return { kind: 'blank' };
  if (text.startsWith('#')) return { kind: 'comment' };
  if (!text.startsWith('lxc.') && !text.startsWith('tlxc.')) return { kind: 'foreign', text };
  const equals = text.indexOf('=');
  if (equals === -1) return { kind: 'malformed', text };
  return {
    kind: 'entry',
    key: text.slice(0, equals).trimEnd(),
    value: unquote(text.slice(equals + 1).trimStart()),
  };
}

/** What would end the line early would be read as another line: it never gets into the file. */
function checkText(text: string): void {
  if (!text.includes('\n') && !text.includes('\0')) return;
  throw new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: `${JSON.stringify(text)} cannot be written into a configuration: it is more than one line`,
    hint: 'write it in one line',
  });
}

/** A value that begins or ends with a blank or is in quotes needs quotes of its own to be read back as it is. */
function quote(value: string): string {
  checkText(value);
  if (value === unquote(value.trim())) return value;
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

interface StoredLine {
  /** Without its line end. */
  raw: string;
  /** "\n", or "" at the end of a file that lacks it. A "\r" before it belongs to raw. */
  end: string;
  line: Line;
}

const store = (raw: string, end: string): StoredLine => ({ raw, end, line: parseLine(raw) });

/** An entry with its place in the file, 1-based. */
export interface DocumentEntry {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** A file's lines, editable. Values go in and come out without the quotes they are written in. */
export class ConfigDocument {
  readonly file: string;
  readonly #lines: StoredLine[];

  private constructor(file: string, lines: StoredLine[]) {
    this.file = file;
    this.#lines = lines;
  }

  /** Any text is a document; what is wrong in it is found when it is loaded (load.ts). */
  static parse(text: string, file: string): ConfigDocument {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    const stored = lines.map((raw) => store(raw, '\n'));
    if (last !== '') stored.push(store(last, ''));
    return new ConfigDocument(file, stored);
  }

  /** Every line with its meaning; the line number is the index plus 1. */
  get lines(): readonly Line[] {
    return this.#lines.map(({ line }) => line);
  }

  /** The KEY = VALUE lines in the order written, includes not followed. */
  entries(): readonly DocumentEntry[] {
    return this.#lines.flatMap(({ line }, index) =>
      line.kind === 'entry' ? [{ key: line.key, value: line.value, line: index + 1 }] : [],
    );
  }

  /** The values of a key in this file, in the order written. */
  values(key: string): readonly string[] {
    return this.entries().flatMap((entry) => (entry.key === key ? [entry.value] : []));
  }

  /** Gives a key this one value: its last line is edited, earlier ones go; a key that is not there is appended. */
  set(key: string, value: string): void {
    const indexes = this.#indexesOf(key);
    const last = indexes.pop();
    if (last === undefined) {
      this.append(key, value);
      return;
    }
    const stored = this.#lines[last];
    if (stored && (stored.line as { value: string }).value !== value) this.#edit(stored, value);
    for (const index of indexes.reverse()) this.#lines.splice(index, 1);
  }

  /** Adds a line: after the last line of the same key, where there is one, else at the end. */
  append(key: string, value: string): void {
    const last = this.#indexesOf(key).pop();
    this.#insert(last === undefined ? this.#lines.length : last + 1, `${key} = ${quote(value)}`.trimEnd());
  }

  /** Gives the lines of a key that have this value another one, each where it stands. */
  replace(key: string, value: string, by: string): void {
    for (const stored of this.#lines) {
      if (stored.line.kind === 'entry' && stored.line.key === key && stored.line.value === value)
        this.#edit(stored, by);
    }
  }

  /** Adds a comment line (without its "#") at the end; an empty text adds a blank line. */
  comment(text: string): void {
    checkText(text);
    this.#insert(this.#lines.length, text === '' ? '' : `# ${text}`);
  }

  /** Removes a key's lines, or only those with this value. Returns how many there were. */
  remove(key: string, value?: string): number {
    const before = this.#lines.length;
    const kept = this.#lines.filter(
      ({ line }) =>
        line.kind !== 'entry' || line.key !== key || (value !== undefined && line.value !== value),
    );
    this.#lines.splice(0, before, ...kept);
    return before - kept.length;
  }

  toString(): string {
    return this.#lines.map(({ raw, end }) => raw + end).join('');
  }

  #indexesOf(key: string): number[] {
    return this.#lines.flatMap(({ line }, index) =>
      line.kind === 'entry' && line.key === key ? [index] : [],
    );
  }

  /** Keeps what is before the value (indentation, the blanks around "=") and the carriage return after it. */
  #edit(stored: StoredLine, value: string): void {
    const head = /^[^=]*=[ \t]*/.exec(stored.raw)?.[0] ?? '';
    const gap = head.endsWith('=') && value !== '' && / =$/.test(head) ? ' ' : '';
    Object.assign(stored, store(head + gap + quote(value) + carriageReturn(stored.raw), stored.end));
  }

  /** A new line ends as the line before it does; a file that lacked its last line end gets it. */
  #insert(index: number, text: string): void {
    const previous = this.#lines[index - 1] ?? this.#lines[index];
    if (previous && previous.end === '') previous.end = '\n';
    this.#lines.splice(index, 0, store(text + carriageReturn(previous?.raw ?? ''), '\n'));
  }
}

const carriageReturn = (raw: string): string => (raw.endsWith('\r') ? '\r' : '');
