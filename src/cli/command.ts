/** What all commands share: LXC's common options, the name, --help, and how errors become text and exit codes. */
import { resolve } from 'node:path';
import { tellableWord } from '../config/secret.ts';
import { loadSystemConfig } from '../config/system.ts';
import type { SystemConfig } from '../config/model.ts';
import { errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { isName } from '../container/paths.ts';
import { packageVersion } from '../package-root.ts';
import type { Command, CommandContext } from './context.ts';
import { parseArguments } from './arguments.ts';
import { errorObject } from './error-json.ts';
import { helpText, usageText } from './help.ts';
import { openLog, parseLogLevel, type Log, type LogTarget } from './log.ts';
import {
  HELP,
  LXCPATH,
  optionsOf,
  QUESTION,
  USAGE,
  VERSION,
  type CommandSpec,
  type Option,
  type OptionSet,
  type OptionValues,
} from './options.ts';
import { jsonLine, printable } from './printable.ts';
import { renderError } from './render.ts';
import { offerContainers, withOrder, type Store } from './offered-containers.ts';
import { showWaits } from './progress.ts';
import { tellError } from './tell.ts';
import { tooMany, usageError } from './usage.ts';

export interface Invocation {
  /** "" where none was given and none is required. */
  readonly name: string;
  readonly options: OptionValues;
  readonly rest: readonly string[];
  /** Absolute. */
  readonly lxcpath: string;
  /** All that -P names, where it may be given more than once; else the one. */
  readonly lxcpaths: readonly string[];
  readonly system: SystemConfig;
  readonly quiet: boolean;
  /** -o and -l as given; the file is absolute, "" without -o. */
  readonly logTarget: LogTarget;
  readonly log: Log;
}

export type Action = (invocation: Invocation, context: CommandContext) => number | Promise<number>;

interface CommandParts {
  readonly spec: CommandSpec;
  readonly action: Action;
}

/** A command that tells its options: what completion is written from. */
export interface DefinedCommand extends Command {
  readonly spec: CommandSpec;
}

/** --help, --usage, --version: the answer instead of the action. */
interface Answer {
  readonly stdout: () => string | Promise<string>;
  readonly stderr: string;
  readonly exit: number;
}

type Values = { -readonly [Key in keyof OptionValues]: OptionValues[Key] };

interface CommandLine {
  readonly options: Values;
  readonly words: readonly string[];
}

function answerTo(option: Option, spec: CommandSpec, options: OptionSet, before: Values): Answer | null {
  const nothing = () => '';
  if (option === HELP || option === QUESTION) {
    const stdout = () => spec.moreHelp?.(before) ?? '';
    return { stdout, stderr: helpText(spec, options), exit: option === QUESTION ? 1 : 0 };
  }
  if (option === USAGE) return { stdout: nothing, stderr: usageText(spec.program, options), exit: 0 };
  if (option !== VERSION) return null;
  return { stdout: () => `${packageVersion()}\n`, stderr: '', exit: 0 };
}

function parseCommandLine(spec: CommandSpec, argv: readonly string[]): CommandLine | Answer {
  const options = optionsOf(spec);
  const values: Values = {};
  const words: string[] = [];
  for (const { shape, value } of parseArguments(argv, [...options.own, ...options.common], words)) {
    const answer = answerTo(shape, spec, options, values);
    if (answer) return answer;
    if (shape === LXCPATH && !spec.manyPaths && values['lxcpath'] !== undefined) {
      throw usageError('This command only accepts 1 -P,--lxcpath arguments');
    }
    const before = values[shape.key];
    if (shape.repeat || (shape === LXCPATH && spec.manyPaths))
      values[shape.key] = [...(Array.isArray(before) ? (before as string[]) : []), value ?? ''];
    else values[shape.key] = value ?? true;
    if (shape.overrides !== undefined) values[shape.overrides] = undefined;
  }
  return { options: values, words };
}

const text = (value: Values[string]) => (typeof value === 'string' ? value : '');

/** -n, or the first word, which it takes from the others. */
function takeName({ name }: CommandSpec, given: Values[string], words: string[]): string {
  if (name === 'none' || name === 'ignored') return '';
  return typeof given === 'string' ? given : (words.shift() ?? '');
}

/** Throws where a name is required and was not given, with those that could be. */
function refuseNameless({ program, name, offers }: CommandSpec, store: Store): void {
  if (name !== 'required') return;
  const there = offers && offerContainers(offers, store);
  throw usageError(
    'No container name specified',
    there === undefined ? undefined : `${there}; ${program} --help shows what it takes`,
  );
}

/** Several names, where one is taken. An option among them is one that stood behind "--". */
function severalHint({ program, offers }: CommandSpec, name: string, more: readonly string[]) {
  const names = [name, ...more];
  if (offers === undefined || !names.every(isName)) return undefined;
  return `it takes one container: for u in ${names.join(' ')}; do ${program} -n $u; done`;
}

/** Elsewhere -o names what a program writes; here it would begin a log in the archive that was meant. */
function logTargetOf({ options }: CommandLine, context: CommandContext): LogTarget {
  const file = text(options['logfile']);
  if (/\.(tar(\.\w+)?|tgz|txz|tzst)$/.test(file))
    throw usageError(
      `-o ${file}: that is the log's name, not an archive's`,
      'leave out -o: an archive is named by a word, as in tlxc-export NAME FILE',
    );
  return {
    file: file && file !== 'none' ? resolve(context.cwd, file) : '',
    level: parseLogLevel(text(options['logpriority']) || 'ERROR'),
  };
}

function tellLostLog(
  { file }: LogTarget,
  { options }: CommandLine,
  { program, stderr }: CommandContext,
  error: unknown,
): void {
  if (options['quiet'] === true) return;
  const { code, message } = error as NodeJS.ErrnoException;
  const why = error instanceof TlxcError || code === undefined ? message : errnoWords(code);
  stderr.write(`${program}: warning: the log ${file} cannot be written: ${printable(why)}\n`);
}

function invocationOf(spec: CommandSpec, line: CommandLine, context: CommandContext): Invocation {
  const words = [...line.words];
  const name = takeName(spec, line.options['name'], words);
  const [unexpected] = words;
  if (spec.rest === 'none' && unexpected !== undefined)
    throw tooMany(unexpected, severalHint(spec, name, words));
  const system = loadSystemConfig(context.env);
  const paths = [line.options['lxcpath'] ?? []].flat() as readonly string[];
  const lxcpaths = (paths.some(Boolean) ? paths.filter(Boolean) : [system.lxcpath]).map((path) =>
    resolve(context.cwd, path),
  );
  const [lxcpath = system.lxcpath] = lxcpaths;
  if (name === '' && line.options['name'] === undefined) refuseNameless(spec, { system, lxcpath });
  const logTarget = logTargetOf(line, context);
  return {
    name,
    options: line.options,
    rest: words,
    lxcpath,
    lxcpaths,
    system,
    quiet: line.options['quiet'] === true,
    logTarget,
    log: openLog(spec.program, name, logTarget, (error) => tellLostLog(logTarget, line, context, error)),
  };
}

function reportUsage(spec: CommandSpec, error: unknown, context: CommandContext): number {
  const end = context.argv.indexOf('--');
  const json = context.argv.slice(0, end < 0 ? undefined : end).includes('--json');
  if (json && spec.options.some(({ flags }) => flags === '--json')) {
    context.stderr.write(jsonLine(errorObject(context.program, error, '')));
    return 1;
  }
  for (const line of renderError(context.program, error)) context.stderr.write(`${line}\n`);
  return 1;
}

/** Runs the action; an error is printed (not with -q), logged where -o says, and becomes the exit code. */
async function runAction(
  command: CommandParts,
  invocation: Invocation,
  context: CommandContext,
): Promise<number> {
  const { log } = invocation;
  try {
    // LXC tells of neither on INFO: with -o /dev/stdout, as monitoring scripts have it, they would be in the answer.
    log('DEBUG', `${context.program} ${context.argv.map(tellableWord).join(' ')}`);
    showWaits(invocation, context);
    const exit = await command.action(invocation, context);
    log('DEBUG', `exit ${exit}`);
    return exit;
  } catch (error) {
    const byWord = invocation.options['name'] === undefined;
    const { program } = context;
    tellError(byWord ? withOrder(error, { ...invocation, program }) : error, invocation, context);
    return (error instanceof TlxcError ? command.spec.exitCodes?.[error.code] : undefined) ?? 1;
  }
}

/**
 * Makes a command of its options and its action. The action resolves to the exit code; a TlxcError that it throws is
 * printed on stderr (not with -q), logged where -o says, and exits with spec.exitCodes' number for its code, else 1.
 */
export function defineCommand(spec: CommandSpec, action: Action): DefinedCommand {
  const command: Command = async (context) => {
    let invocation: Invocation;
    try {
      const line = parseCommandLine(spec, context.argv);
      if ('exit' in line) {
        context.stderr.write(line.stderr);
        context.stdout.write(await line.stdout());
        return line.exit;
      }
      invocation = invocationOf(spec, line, context);
    } catch (error) {
      return reportUsage(spec, error, context);
    }
    return runAction({ spec, action }, invocation, context);
  };
  return Object.assign(command, { spec });
}
