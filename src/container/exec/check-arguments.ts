/** What a program asks exec for, looked at before anything is done: JavaScript has no types to do that. */
import { TlxcError } from '../../errors.ts';
import { milliseconds } from '../milliseconds.ts';
import type { ExecOptions } from './options.ts';

const wrong = (message: string, hint: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_USAGE', message: `exec: ${message}`, hint });

/** The kernel would end the word there: what runs would be another command than what was asked for. */
function checkWord(what: string, word: unknown): void {
  if (typeof word !== 'string') throw wrong(`${what} is no string`, 'write String(…) around it');
  if (word.includes('\0'))
    throw wrong(`${what} has a NUL character in it`, "what has one is written to the command's stdin");
}

/** Throws TLXC_E_USAGE. */
export function checkArguments(argv: unknown, { cwd, env = {}, timeoutMs }: ExecOptions): void {
  if (!Array.isArray(argv) || argv.length === 0)
    throw wrong(
      `a command is a list of at least one word, not ${typeof argv === 'string' ? `'${argv}'` : JSON.stringify(argv)}`,
      "['ls', '-l', '/'], or for a shell's words ['sh', '-c', 'ls -l / | wc -l']",
    );
  argv.forEach((word, index) => checkWord(`word ${index} of the command`, word));
  if (cwd !== undefined) checkWord('cwd', cwd);
  for (const [name, value] of Object.entries(env)) {
    if (name === '' || /[=\0]/.test(name))
      throw wrong(`env: no variable can be called '${name}'`, 'a name has no = in it');
    if (value !== undefined) checkWord(`env: the value of ${name}`, value);
  }
  if (timeoutMs !== undefined) milliseconds('timeoutMs', timeoutMs);
}
