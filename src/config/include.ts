/** From files to statements: follows lxc.include, in place, and gathers what is wrong on the way. */
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { placeOf, Problem, type SourceLocation } from '../problem.ts';
import { LegacyReader, type Translation } from './legacy.ts';
import type { InputFile } from './model.ts';
import { hostPath } from './values/plain.ts';
import { askerName, namesFor, type Asker } from './open-file.ts';
import { parsedFile, parsedFileFor, type NumberedLine } from './parsed-file.ts';
import { nearestKey } from './registry.ts';
import { tellableLine } from './secret.ts';
import { shippedPath } from './shipped.ts';

/** One KEY = VALUE line of one file. */
export interface Statement {
  readonly key: string;
  readonly value: string;
  readonly at: SourceLocation;
  /** Where relative paths of the value begin. */
  readonly directory: string;
}

const DEPTH_LIMIT = 16;
/** Files that include others twice would be read 2^16 times within that depth. */
const FILE_LIMIT = 1000;

interface OpenFile {
  /** As readConfigFile tells it. */
  readonly identity: string;
  /** The line that includes it; undefined for the container's own file. */
  readonly from?: SourceLocation;
  /** As readConfigFile tells it. */
  readonly speaker: Asker;
}

/** Where statements go, and what is wrong; warnings are sentences with their FILE:LINE. */
export interface StatementSink {
  readonly problems: Problem[];
  readonly warnings: string[];
  /** Set where a file cannot be read. */
  isPartial: boolean;
  apply(statement: Statement): void;
  /** The numbers of the network interfaces so far, lowest first. */
  networks(): readonly number[];
}

/** Reads configuration files in LXC's order: an include stands where it is written. */
export class StatementReader {
  readonly inputs: InputFile[] = [];
  /** What was read, by path: where a problem's line is found again. */
  readonly texts = new Map<string, string>();
  /** Whose word each of them is, where a name in it is to be followed. */
  readonly speakers = new Map<string, Asker>();
  /** What -s said, by the place that stands for it. */
  readonly overrides = new Map<SourceLocation, string>();
  readonly #sink: StatementSink;
  readonly #open: OpenFile[] = [];
  readonly #legacy: LegacyReader;
  /** Files with names from before LXC 3. */
  readonly #outdated = new Set<string>();

  constructor(sink: StatementSink) {
    this.#sink = sink;
    this.#legacy = new LegacyReader(() => (sink.networks().at(-1) ?? -1) + 1);
  }

  /** Reads a container's own configuration. */
  read(file: string): void {
    try {
      this.#readFile(file);
    } catch (error) {
      if (!(error instanceof TlxcError)) throw error;
      const { where: at = { file, line: 0 } } = error.details;
      this.#sink.isPartial = true;
      const message = reasonOf(error, placeOf(at));
      this.#sink.problems.push(new Problem({ message, at, ...(error.hint && { hint: error.hint }) }));
    }
  }

  /** The line that a place is of, as it was written. */
  lineOf(at: SourceLocation): string | undefined {
    if (at.line === 0) return this.overrides.get(at);
    return this.texts.get(at.file)?.split('\n')[at.line - 1];
  }

  /** Takes one statement, following it if it is an include, and under its new name if it has one from before LXC 3. */
  take(statement: Statement): void {
    const { key, value, at } = statement;
    const now = this.#legacy.translate(key, value);
    if (now === undefined) {
      if (key === 'lxc.include') this.#include(statement);
      else this.#sink.apply(statement);
    } else if (now.kind === 'wrong') {
      this.#sink.problems.push(
        new Problem({ message: now.reason, at, subject: { key, value }, fault: { part: 'key' } }),
      );
    } else {
      if (now.kind === 'dropped' || now.key !== key) this.#warnOfOldName(at, now);
      if (now.kind === 'setting') this.#sink.apply({ ...statement, ...now, at: { ...at, key: now.key } });
    }
  }

  /** How to be rid of the warnings is said with the first of each file. */
  #warnOfOldName(at: SourceLocation, now: Exclude<Translation, { kind: 'wrong' }>): void {
    const means = now.kind === 'dropped' ? now.why : `and is now ${now.key}`;
    const known = this.#outdated.has(at.file) || at.line === 0;
    const hint = known ? '' : ` (tlxc-update-config -c ${at.file} rewrites such lines)`;
    this.#outdated.add(at.file);
    this.#sink.warnings.push(`${placeOf(at)}: ${at.key ?? ''} is a name from before LXC 3 ${means}${hint}`);
  }

  #readFile(file: string, from?: SourceLocation): void {
    const asker = this.#open.at(-1)?.speaker ?? null;
    const { text, input, identity, speaker, lines } =
      asker === null ? parsedFile(file) : parsedFileFor(asker, file);
    const again = this.#open.find((open) => open.identity === identity);
    if (again) throw circle(file, again);
    this.inputs.push(input);
    this.texts.set(file, text);
    this.speakers.set(file, speaker);
    this.#open.push({ identity, speaker, ...(from && { from }) });
    const directory = dirname(file);
    for (const line of lines) this.#readLine(line, file, directory);
    this.#open.pop();
  }

  #readLine(said: NumberedLine, file: string, directory: string): void {
    const { kind, line } = said;
    if (kind === 'entry') {
      const { key, value } = said;
      this.take({ key, value, at: { file, line, key }, directory });
    } else if (kind === 'malformed') {
      const message = `${tellableLine(said.text)}: it must be KEY = VALUE`;
      this.#sink.problems.push(new Problem({ message, at: { file, line } }));
    } else {
      this.#sink.warnings.push(foreign(said.text, { file, line }));
    }
  }

  /** An empty value includes nothing, as in LXC. */
  #include(statement: Statement): void {
    if (statement.value === '') return;
    const path = shippedPath(hostPath(statement.value, statement));
    try {
      const asker = this.#open.at(-1)?.speaker ?? null;
      for (const file of filesOf(path, statement.value, asker)) this.#includeFile(file, statement.at);
    } catch (error) {
      if (!(error instanceof TlxcError)) throw error;
      const { key, value, at } = statement;
      this.#sink.isPartial = true;
      this.#sink.problems.push(new Problem({ message: reasonOf(error, path), at, subject: { key, value } }));
    }
  }

  #includeFile(file: string, from: SourceLocation): void {
    if (this.#open.length >= DEPTH_LIMIT)
      throw failure(`includes go more than ${DEPTH_LIMIT} files deep here`);
    if (this.inputs.length >= FILE_LIMIT) throw failure(`more than ${FILE_LIMIT} files are included`);
    this.#readFile(file, from);
  }
}

const failure = (message: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_CONFIG', message, hint: 'take an lxc.include line out' });

const circle = (file: string, open: OpenFile): TlxcError =>
  failure(
    open.from === undefined
      ? `${file} includes itself: it is the configuration being read`
      : `${file} includes itself: it is already being read, included at ${placeOf(open.from)}`,
  );

/** readConfigFile names the file, which the place or the value just did: said once when they are the same. */
const reasonOf = ({ message }: TlxcError, place: string): string =>
  message.startsWith(`${place}: `) ? message.slice(place.length + 2) : message;

/** A file itself; of a directory ("…/") its *.conf, by name. One that does not exist holds none, as in LXC. */
function filesOf(path: string, written: string, asker: Asker): readonly string[] {
  const names = asker === null ? namesIn(path) : namesAsked(path, asker);
  if (names === undefined && written.endsWith('/')) return [];
  if (names === undefined || names === null) return [path];
  const included = names.filter((name) => name.endsWith('.conf'));
  return included.sort().map((name) => join(path, name));
}

/** null: it is no directory; undefined: there is nothing. */
function namesIn(path: string): readonly string[] | null | undefined {
  const directory = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  if (directory === undefined) return undefined;
  return directory ? readdirSync(path) : null;
}

function namesAsked(path: string, asker: number): readonly string[] | null | undefined {
  try {
    return namesFor(asker, path);
  } catch {
    throw failure(`cannot be read: ${askerName(asker)} may not`);
  }
}

function foreign(text: string, place: SourceLocation): string {
  const [word = ''] = text.split(/[\s=]/);
  const near = nearestKey(word);
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `${placeOf(place)}: ${shown}: this line is ignored, for it does not begin with lxc. or tlxc.${
    near === undefined ? '' : ` (did you mean ${near}?)`
  }`;
}
