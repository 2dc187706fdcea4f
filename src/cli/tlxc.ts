/** tlxc: all commands as one. `tlxc start …` is bin/tlxc.js's to answer, with that command's own code; the rest is here. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { suggestion } from '../config/nearest.ts';
import { TlxcError } from '../errors.ts';
import { packageRoot, packageVersion } from '../package-root.ts';
import { parseArguments, type OptionShape } from './arguments.ts';
import { COMMAND_GROUPS, COMMAND_NAMES, NAMES_ELSEWHERE } from './commands.ts';
import type { CommandContext } from './context.ts';
import { renderError } from './render.ts';
import { usageError } from './usage.ts';

const SYNOPSIS = 'Usage: tlxc COMMAND [ARGUMENT]...\n';

const VERSION: OptionShape = { short: '', long: 'version', argument: 'none' };
const USAGE: OptionShape = { short: '', long: 'usage', argument: 'none' };
const HELP: OptionShape = { short: 'h', long: 'help', argument: 'none' };
const QUESTION: OptionShape = { short: '?', long: '', argument: 'none' };

function overview(): string {
  const width = Math.max(...COMMAND_NAMES.map(({ length }) => length)) + 2;
  const groups = COMMAND_GROUPS.map(({ title, commands }) => {
    const rows = Object.entries(commands).map(([name, phrase]) => `  ${name.padEnd(width)}${phrase}\n`);
    return `\n${title}\n${rows.join('')}`;
  });
  return (
    `${SYNOPSIS}\nRuns system containers. "tlxc start u1" is "tlxc-start -n u1", and so with every command:\n` +
    groups.join('') +
    '\n"tlxc help COMMAND" shows its options, "tlxc --version" the version. The manual begins at tlxc(7).\n'
  );
}

function unknownCommand(word: string): TlxcError {
  const elsewhere = Object.hasOwn(NAMES_ELSEWHERE, word) ? NAMES_ELSEWHERE[word] : undefined;
  const meant = elsewhere === undefined ? suggestion(word, COMMAND_NAMES) : '';
  const list = `${word === 'version' ? '"tlxc --version" tells it; ' : ''}"tlxc help" lists all commands`;
  return usageError(
    `there is no command '${word}'${meant}`,
    elsewhere === undefined ? list : `that is "tlxc ${elsewhere}" here; ${list}`,
  );
}

/** The command's own --help, as an answer rather than beside one: on standard output. */
async function help(command: string | undefined, { stdout, env }: CommandContext): Promise<number> {
  if (command === undefined) {
    stdout.write(overview());
    return 0;
  }
  const name = command.replace(/^tlxc-/, '');
  if (!COMMAND_NAMES.includes(name)) throw unknownCommand(command);
  const child = spawn(join(packageRoot, `bin/tlxc-${name}.js`), ['--help'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env,
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => stdout.write(text));
  const [status] = (await once(child, 'close')) as [number | null];
  return status ?? 1;
}

function options(argv: readonly string[], { stdout, stderr }: CommandContext): number {
  for (const { shape } of parseArguments(argv, [HELP, QUESTION, USAGE, VERSION], [])) {
    if (shape === VERSION) stdout.write(`${packageVersion()}\n`);
    else if (shape === USAGE) stdout.write(SYNOPSIS);
    else (shape === QUESTION ? stderr : stdout).write(overview());
    return shape === QUESTION ? 1 : 0;
  }
  throw usageError('a command is missing', SYNOPSIS.trim());
}

/** What bin/tlxc.js leaves: nothing, help, options, and words that are no command. */
export default async function tlxc(context: CommandContext): Promise<number> {
  const [word, ...more] = context.argv;
  try {
    if (word === undefined) return await help(undefined, context);
    if (word === 'help') return await help(more[0], context);
    if (word.startsWith('-')) return options(context.argv, context);
    throw unknownCommand(word);
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    const hint = 'options of a command stand after it: tlxc start -n u1';
    const shown = word?.startsWith('-') ? new TlxcError({ ...error.details, hint }) : error;
    const lines = renderError(context.program, shown);
    context.stderr.write(lines.map((line) => `${line}\n`).join(''));
    return 1;
  }
}
