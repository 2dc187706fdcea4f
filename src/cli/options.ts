/** A command's options: its own and those that all commands have. */
import type { ErrorCode } from '../errors.ts';
import type { OptionShape } from './arguments.ts';
import type { Offered } from './offered-containers.ts';

export interface OptionSpec {
  /** '-t, --template <NAME>', '--foo', '-e, --elevated-privileges [PRIV]' (an argument only when glued). */
  readonly flags: string;
  /** May have several lines. */
  readonly description: string;
  /** May be given more than once: its value is a list. Else the last one counts. */
  readonly repeat?: boolean;
  readonly hidden?: boolean;
  /** The key of an option that this one takes back: of the two the last one counts. */
  readonly overrides?: string;
  /** LXC has none such: an abbreviation that fits one of LXC's, too, is that one's. */
  readonly yields?: boolean;
}

/** By the long option's name in camel case: true, the argument, or a list of arguments. */
export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
export type OptionValue = OptionValues[string];

/** An option's argument; undefined where it was not given. */
export const argumentOf = (value: OptionValue): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** All arguments of one that may be given more than once. */
export const argumentsOf = (value: OptionValue): readonly string[] =>
  typeof value === 'object' ? value : [];

export interface CommandSpec {
  readonly program: string;
  /** Completes "tlxc-start …" in --help. */
  readonly summary: string;
  /** What follows the program's name in the synopsis; one line a form. */
  readonly usage: string;
  readonly options: readonly OptionSpec[];
  /** ignored: -n is taken and means nothing, as in the LXC command of that name. */
  readonly name: 'required' | 'optional' | 'ignored' | 'none';
  /** Which containers are offered to somebody who gives no name; absent: none. */
  readonly offers?: Offered;
  /** -P may be given more than once. */
  readonly manyPaths?: boolean;
  /** Words after the name or after "--": taken as they are, or refused. */
  readonly rest: 'none' | 'words';
  /** What --help prints on standard output after its own text, by the options given before it. */
  readonly moreHelp?: (options: OptionValues) => Promise<string>;
  /** Exit codes of errors; 1 for others. */
  readonly exitCodes?: Readonly<Partial<Record<ErrorCode, number>>>;
}

export interface Option extends OptionShape {
  readonly key: string;
  readonly valueName: string;
  readonly description: string;
  readonly repeat: boolean;
  readonly hidden: boolean;
  readonly overrides: string | undefined;
}

const camelCase = (long: string) =>
  long
    .split('-')
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');

function parseFlags(spec: OptionSpec): Option {
  const match = /^(?:-(\S), )?--([a-z0-9-]+)(?: ([<[])([^\]>]+)[\]>])?$/.exec(spec.flags);
  if (!match) throw new Error(`bad flags: ${spec.flags}`);
  const [, short = '', long = '', bracket, valueName = ''] = match;
  const argument = bracket === undefined ? 'none' : bracket === '<' ? 'required' : 'optional';
  const { description, repeat = false, hidden = false, overrides, yields = false } = spec;
  return {
    short,
    long,
    argument,
    valueName,
    description,
    repeat,
    hidden,
    overrides,
    yields,
    key: camelCase(long),
  };
}

const common = (flags: string, description = '') => parseFlags({ flags, description });
const NAME = common('-n, --name <NAME>', 'NAME of the container');
export const HELP = common('-h, --help');
/** With the long form of -h, as in LXC, whose getopt finds --he ambiguous therefore. */
export const QUESTION: Option = { ...HELP, short: '?', description: 'Print this help' };
export const USAGE = common('--usage', 'Print a short list of the options');
export const VERSION = common('--version', 'Print the version number');
export const LXCPATH = common('-P, --lxcpath <PATH>', 'Look for containers in PATH');
const COMMON = [
  common('-o, --logfile <FILE>', 'Append the log to FILE'),
  common('-l, --logpriority <LEVEL>', 'Log what is at least LEVEL (ERROR unless set)'),
  common('-q, --quiet', 'Print no errors; the exit status tells'),
  ...[LXCPATH, HELP, QUESTION, USAGE, VERSION],
];

/** What the parser is given, and what --help prints. */
export interface OptionSet {
  readonly own: readonly Option[];
  readonly common: readonly Option[];
}

/** A command's own options, and the common ones but for letters that mean another thing there. */
export function optionsOf(spec: CommandSpec): OptionSet {
  const own = spec.options.map(parseFlags);
  const free = (option: Option) =>
    option.short !== '' && own.some(({ short }) => short === option.short)
      ? { ...option, short: '' }
      : option;
  const name = { none: [], ignored: [{ ...NAME, hidden: true }], required: [NAME], optional: [NAME] };
  return { own: [...name[spec.name], ...own], common: COMMON.map(free) };
}
