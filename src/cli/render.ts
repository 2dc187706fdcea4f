/** How an error reads on the terminal. */
import { withReason } from '../errno.ts';
import { TlxcError, type SourceLocation } from '../errors.ts';
import { remedyOf } from '../remedy.ts';
import { printable, withoutSequences } from './printable.ts';
import { problemLines } from './problem-lines.ts';
import { isSystemError, systemMessage } from './system-error.ts';

/** What can be done: of a command line that makes no sense, to read what the command takes; LXC prints that, over the mistake. */
export const hintOf = (program: string, { code, details }: TlxcError): string | undefined =>
  details.hint ?? (code === 'TLXC_E_USAGE' ? `${program} --help shows what it takes` : undefined);

/** Where in the configuration, unless the message says it. */
function placeLines({ file, line, key }: SourceLocation, message: string): string[] {
  if (!file) return key ? [`  at -s (${key})`] : [];
  const place = line > 0 ? `${file}:${line}` : file;
  if (message.includes(place)) return [];
  return [key ? `  at ${place} (${key})` : `  at ${place}`];
}

function tlxcLines(program: string, error: TlxcError): string[] {
  const { message, errno, where, problems = [], findings = [], console = [] } = error.details;
  const hint = hintOf(program, error);
  const lines = [withReason(message, errno)];
  for (const problem of problems) lines.push(...problemLines(problem).map((line) => `  ${line}`));
  if (where) lines.push(...placeLines(where, message));
  if (console.length > 0)
    lines.push('  its console, last:', ...console.map((line) => `    ${withoutSequences(line)}`));
  if (hint) lines.push(`  hint: ${hint}`);
  for (const { what, found, mend } of findings)
    lines.push(`  this host: ${what}: ${found}`, `    mend: ${mend}`);
  return lines;
}

function lines(program: string, error: unknown): string[] {
  if (error instanceof TlxcError) return tlxcLines(program, error);
  if (isSystemError(error) && error.code) {
    const remedy = remedyOf({ code: 'TLXC_E_SYSCALL', errno: error.code, path: error.path ?? '' });
    return [systemMessage(error), `  hint: ${remedy}`];
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
  const [first = '', ...more] = lines(program, error);
  // "u1 is not running" names it already, and so does '"a/b" is not a container name'.
  const named = [`${container} `, `${JSON.stringify(container)} `].some((begin) => first.startsWith(begin));
  const prefix = container && !named ? `${program}: ${container}: ` : `${program}: `;
  return [prefix + first, ...more].map(printable);
}
