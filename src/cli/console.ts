/** tlxc-console */
import { becomeConsole, openConsole } from '../container/console.ts';
import { containerPaths } from '../container/paths.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import type { OptionValue } from './options.ts';
import { CHECKED_RCFILE, checkRcfile } from './rcfile.ts';
import { usageError } from './usage.ts';

function parseTty(value: OptionValue): number {
  if (value === undefined) return -1;
  if (typeof value === 'string' && /^(-1|\d{1,5})$/.test(value)) return Number(value);
  const message = `-t takes the number of a tty, 0 for the console or -1 for the next free tty, not '${String(value)}'`;
  throw usageError(message);
}

/** "a" and "^a" are Ctrl+a; any other single character is itself. */
export function parseEscape(value: OptionValue): { readonly byte: number; readonly label: string } {
  const given = value === undefined ? '^a' : String(value);
  const letter = /^\^?([A-Za-z])$/.exec(given)?.[1]?.toLowerCase();
  if (letter) return { byte: letter.charCodeAt(0) & 0x1f, label: `Ctrl+${letter}` };
  if (/^[!-~]$/.test(given)) return { byte: given.charCodeAt(0), label: given };
  const message = `-e takes a letter, ^ and a letter, or one character, not '${given}'`;
  throw usageError(message);
}

async function console(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  const paths = containerPaths(system, lxcpath, name);
  await checkRcfile(invocation, context);
  const { byte, label } = parseEscape(options['escape']);
  const opened = openConsole(paths, parseTty(options['tty']));
  const banner =
    `\nConnected to tty ${opened.tty}\n` +
    `Type <${label} q> to exit the console, <${label} ${label}> to enter ${label} itself\n`;
  context.stderr.write(banner);
  return becomeConsole(paths, opened, byte);
}

export default defineCommand(
  {
    program: 'tlxc-console',
    summary: "connects this terminal to the container NAME's console or one of its ttys",
    usage: '--name=NAME [--tty NUMBER]',
    name: 'required',
    offers: 'running',
    rest: 'none',
    options: [
      { flags: '-t, --tty <NUMBER>', description: 'The tty: 0 the console, -1 the next free one (default)' },
      { flags: '-e, --escape <PREFIX>', description: 'What comes before q to leave; ^a' },
      CHECKED_RCFILE,
    ],
  },
  console,
);
