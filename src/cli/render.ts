/** How an error reads on the terminal. */
import { errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { printable } from './printable.ts';
import { problemLines } from './problem-lines.ts';

/** `message: errno in words`, unless the message ends with the reason already. */
export function withReason(message: string, errno: string | undefined): string {
  const words = errno === undefined ? '' : errnoWords(errno);
  const said = message.split(': ').at(-1) ?? '';
  return words === '' || message.includes(words) || words.startsWith(said) ? message : `${message}: ${words}`;
}

function tlxcLines(error: TlxcError): string[] {
  const { message, errno, where, problems = [], hint, findings = [] } = error.details;
  const lines = [withReason(message, errno)];
  for (const problem of problems) lines.push(...problemLines(problem).map((line) => `  ${line}`));
  if (where?.file) {
    const place = where.line > 0 ? `${where.file}:${where.line}` : where.file;
    if (!message.includes(place)) lines.push(where.key ? `  at ${place} (${where.key})` : `  at ${place}`);
  } else if (where?.key) lines.push(`  at -s (${where.key})`);
  if (hint) lines.push(`  hint: ${hint}`);
  for (const { what, found, mend } of findings)
    lines.push(`  this host: ${what}: ${found}`, `    mend: ${mend}`);
  return lines;
}

export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

function lines(error: unknown): string[] {
  if (error instanceof TlxcError) return tlxcLines(error);
  if (isSystemError(error) && error.code) {
    const object = [error.syscall, error.path].filter(Boolean).join(' ');
    return [`${object}: ${errnoWords(error.code)}`];
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [`internal error, please report it`, ...stack.split('\n').map((line) => `  ${line}`)];
}

/**
 * An error as lines for stderr, the first `PROGRAM: NAME: what failed: errno in words`, then the problems it collected,
 * the place in the configuration and a hint, each indented.
 */
export function renderError(program: string, error: unknown, name = ''): string[] {
  const container = error instanceof TlxcError ? (error.details.container ?? name) : name;
  const [first = '', ...more] = lines(error);
  // "u1 is not running" names it already.
  const prefix =
    container && !first.startsWith(`${container} `) ? `${program}: ${container}: ` : `${program}: `;
  return [prefix + first, ...more].map(printable);
}
