/** One thing that is wrong in a configuration: where, what, and what would be right. Data; cli/problem-lines.ts draws it. */

/** Where in a configuration something was written. */
export interface SourceLocation {
  readonly file: string;
  /** 1-based; 0 when the value came from the command line. */
  readonly line: number;
  /** 1-based, in UTF-16 units, when known. */
  readonly column?: number;
  readonly key?: string;
}

/** FILE:LINE[:COLUMN]; -s for what the command line said. */
export function placeOf({ file, line, column }: SourceLocation): string {
  if (line === 0) return file || '-s';
  return column === undefined ? `${file}:${line}` : `${file}:${line}:${column}`;
}

/** Which part of the line is wrong, and what could stand there. */
export interface Fault {
  /** The value unless said. */
  readonly part?: 'key' | 'value';
  /** The wrong word of that part; the whole part unless said. */
  readonly word?: string;
  /** Where in the value that word begins, for a word that is there twice: 0-based. */
  readonly offset?: number;
  /** The known name or value that was probably meant. */
  readonly nearest?: string;
  /** The words that may stand there, where they can be counted. */
  readonly allowed?: readonly string[];
}

/** What is known of a problem. */
export interface ProblemDetails {
  /** What is wrong, without the place, the key and the value. */
  readonly message: string;
  readonly at?: SourceLocation | undefined;
  /** The setting whose value is wrong; undefined where the message names what it is about. */
  readonly subject?: { readonly key: string; readonly value: string };
  readonly fault?: Fault;
  /** What can be done, where message and fault do not tell. */
  readonly hint?: string;
  /** The line as it was written (of `defines`: its element), and which of its characters are wrong: start is 0-based. */
  readonly source?: { readonly text: string; readonly start: number; readonly length: number };
}

/** What a program gets of a problem: TlxcError.details.problems as JSON. */
export interface ProblemJson {
  readonly message: string;
  readonly file?: string | undefined;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  readonly length?: number | undefined;
  readonly text?: string | undefined;
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly nearest?: string | undefined;
  readonly allowed?: readonly string[] | undefined;
  readonly hint?: string | undefined;
}

/** One thing that is wrong in a configuration. */
export class Problem {
  readonly details: ProblemDetails;

  /** From what is known of it. */
  constructor(details: ProblemDetails) {
    this.details = details;
  }

  /** The same problem with what locate.ts found out. */
  with(more: Partial<ProblemDetails>): Problem {
    return new Problem({ ...this.details, ...more });
  }

  /** All of it in one line. */
  toString(): string {
    const { message, at, subject, fault } = this.details;
    const place = at === undefined ? '' : `${placeOf(at)}: `;
    const setting = subject === undefined ? '' : `${subject.key} = ${subject.value}: `;
    const meant = fault?.nearest === undefined ? '' : ` (did you mean ${fault.nearest}?)`;
    return place + setting + message + meant;
  }

  /** As programs get it. */
  toJSON(): ProblemJson {
    const { message, at, subject, fault, source, hint } = this.details;
    const { nearest, allowed } = fault ?? {};
    const { text, length } = source ?? {};
    return { message, ...at, ...subject, text, length, nearest, allowed, hint };
  }
}

/** What is wrong in a configuration, and what of it is missing because of that. */
export interface Mistakes {
  readonly problems: readonly Problem[];
  /** Keys of which a line was refused, or misspelled. */
  readonly lost: ReadonlySet<string>;
}

/** Whether a complaint that names a key may only be due to lines of it that were lost: these are mended first. */
export const mayBeDueTo = (lost: ReadonlySet<string>, complaint: string): boolean =>
  (complaint.match(/\bt?lxc\.[\w.]*\w/g) ?? []).some((key) => lost.has(key));

/** "its configuration has 2 problems" */
export const countOf = (problems: readonly Problem[]): string =>
  `its configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}`;

/** From the top to the bottom of each file, the files as they are first told of; what has no place at the end. */
export function inOrder(problems: readonly Problem[]): readonly Problem[] {
  const files = [...new Set(problems.flatMap(({ details }) => details.at?.file ?? []))];
  const rank = ({ details: { at } }: Problem): number =>
    at === undefined ? files.length : files.indexOf(at.file);
  const line = ({ details: { at } }: Problem): number => at?.line ?? 0;
  return [...problems].sort((a, b) => rank(a) - rank(b) || line(a) - line(b));
}
