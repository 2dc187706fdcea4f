/** How a problem of a configuration reads: its place, what is wrong, the line, a caret under the word, what was meant and what is allowed. */
import { placeOf, type Problem, type ProblemDetails } from '../problem.ts';
import { columns, printable } from './printable.ts';

/** How much of a line is shown around what is wrong. */
const WIDTH = 100;

/** `FILE:LINE:COLUMN: KEY: what is wrong`; the value is in the line below, where there is one. */
function headline({ message, at, subject, source }: ProblemDetails): string {
  const place = at === undefined ? '' : `${placeOf(at)}: `;
  const shown = source !== undefined && subject !== undefined;
  const setting =
    subject === undefined ? '' : shown ? `${subject.key}: ` : `${subject.key} = ${subject.value}: `;
  return place + setting + message;
}

interface Excerpt {
  readonly before: string;
  readonly wrong: string;
  readonly after: string;
}

/** The line in three parts; of a long one as much as fits, what is wrong and what precedes it first. */
function excerpt({ text, start, length }: NonNullable<ProblemDetails['source']>): Excerpt {
  const shown = (part: string): string => printable(part).replaceAll('\t', ' ');
  const before = shown(text.slice(0, start).trimStart());
  const wrong = shown(text.slice(start, start + length));
  const after = shown(text.slice(start + length).trimEnd());
  if (before.length + wrong.length + after.length <= WIDTH) return { before, wrong, after };
  const marked = wrong.length > WIDTH - 20 ? `${wrong.slice(0, WIDTH - 20)}…` : wrong;
  const room = WIDTH - marked.length;
  const left =
    before.length > room - 10 ? `…${before.slice(before.length - Math.max(0, room - 20))}` : before;
  const right =
    after.length > room - left.length ? `${after.slice(0, Math.max(0, room - left.length))}…` : after;
  return { before: left, wrong: marked, after: right };
}

/** Words with commas between them, in lines of at most WIDTH. */
function wrapped(words: readonly string[]): string[] {
  const lines = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line !== '' && line.length + word.length + 2 > WIDTH) lines.push(`${word}, `);
    else lines[lines.length - 1] = `${line}${word}, `;
  }
  return lines.map((line, index) => (index === lines.length - 1 ? line.slice(0, -2) : line.trimEnd()));
}

/** What the message has not told already. */
function allowedLines({ message, fault }: ProblemDetails): string[] {
  const words = fault?.allowed ?? [];
  if (words.every((word) => message.includes(word))) return [];
  return wrapped(words).map((line, index) => `  ${index === 0 ? 'allowed:' : '        '} ${line}`);
}

/** The lines of one problem. */
export function problemLines(problem: Problem): string[] {
  const { hint } = problem.details;
  return [...faultLines(problem), ...(hint === undefined ? [] : [`  hint: ${hint}`])];
}

function faultLines({ details }: Problem): string[] {
  const { source, fault } = details;
  const meant = fault?.nearest === undefined ? '' : `did you mean ${fault.nearest}?`;
  if (source === undefined) return [headline(details) + (meant && ` (${meant})`), ...allowedLines(details)];
  const { before, wrong, after } = excerpt(source);
  const marks = ' '.repeat(columns(before)) + '^'.repeat(Math.max(1, columns(wrong)));
  return [
    headline(details),
    `  ${before}${wrong}${after}`,
    `  ${marks}${meant && ` ${meant}`}`,
    ...allowedLines(details),
  ];
}
