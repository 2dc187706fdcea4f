/**
 * The command line as commander reads it, with what LXC's users are used to from GNU getopt_long besides: unambiguous
 * abbreviations of long options, optional arguments only when glued (-eCAP, --opt=VALUE), getopt's messages.
 */
import { Command, CommanderError, Option } from 'commander';
import { suggestion } from '../config/nearest.ts';
import { usageError } from './usage.ts';

export interface OptionShape {
  /** One letter, or "" where there is only a long form. */
  readonly short: string;
  /** "" where there is only a short form. */
  readonly long: string;
  readonly argument: 'none' | 'required' | 'optional';
  /** An abbreviation that fits another option, too, is that one's: LXC has the other alone. */
  readonly yields?: boolean;
}

export interface FoundOption<S extends OptionShape> {
  readonly shape: S;
  /** null where no argument was given. */
  readonly value: string | null;
}

const nameOf = ({ short, long }: OptionShape) => (long ? `--${long}` : `-${short}`);

function findLong<S extends OptionShape>(name: string, typed: string, shapes: readonly S[]): S | undefined {
  const candidates = shapes.filter((shape) => name !== '' && shape.long.startsWith(name));
  const exact = candidates.find((shape) => shape.long === name);
  if (exact || candidates.length <= 1) return exact ?? candidates[0];
  const others = candidates.filter(({ yields }) => yields !== true);
  if (others.length === 1) return others[0];
  const possibilities = candidates.map((shape) => ` '--${shape.long}'`).join('');
  throw usageError(`option '${typed}' is ambiguous; possibilities:${possibilities}`);
}

const meant = (name: string, shapes: readonly OptionShape[]): string =>
  suggestion(
    `--${name}`,
    shapes.flatMap(({ long }) => (long ? [`--${long}`] : [])),
  );

interface Spelt<S> {
  readonly words: readonly string[];
  /** The options among them. */
  readonly found: readonly S[];
}

/** One word of options in the form that has only one reading: whole long names, one letter a word, "=" where glued. */
function spellOut<S extends OptionShape>(typed: string, shapes: readonly S[]): Spelt<S> & { wants: boolean } {
  if (typed.startsWith('--')) {
    const [, name = '', glued] = /^--([^=]*)(=.*)?$/s.exec(typed) ?? [];
    const shape = findLong(name, typed, shapes);
    if (!shape) throw usageError(`unrecognized option '${typed}'${meant(name, shapes)}`);
    if (glued !== undefined && shape.argument === 'none')
      throw usageError(`option '--${shape.long}' doesn't allow an argument`);
    const wants = shape.argument === 'required' && glued === undefined;
    const word = nameOf(shape) + (glued ?? (shape.argument === 'optional' ? '=' : ''));
    return { words: [word], found: [shape], wants };
  }
  const words: string[] = [];
  const found: S[] = [];
  for (let at = 1; at < typed.length; at++) {
    const letter = typed.charAt(at);
    const shape = shapes.find(({ short }) => short === letter);
    if (!shape) throw usageError(`invalid option -- '${letter}'`);
    const glued = typed.slice(at + 1);
    found.push(shape);
    if (shape.argument === 'optional')
      return { words: [...words, `${nameOf(shape)}=${glued}`], found, wants: false };
    words.push(`-${letter}`);
    if (shape.argument === 'none') continue;
    return glued ? { words: [...words, glued], found, wants: false } : { words, found, wants: true };
  }
  return { words, found, wants: false };
}

/** All words spelt out up to "--" or the first mistake, which is thrown once those before it were looked at. */
function spellAll<S extends OptionShape>(
  argv: readonly string[],
  shapes: readonly S[],
): Spelt<S> & { mistake: unknown } {
  const words: string[] = [];
  const found: S[] = [];
  for (let at = 0; at < argv.length; at++) {
    const typed = argv[at] ?? '';
    if (typed === '--') return { words: [...words, ...argv.slice(at)], found, mistake: null };
    if (typed.length < 2 || !typed.startsWith('-')) words.push(typed);
    else {
      try {
        const spelt = spellOut(typed, shapes);
        words.push(...spelt.words, ...(spelt.wants ? argv.slice(++at, at + 1) : []));
        found.push(...spelt.found);
      } catch (mistake) {
        return { words, found, mistake };
      }
    }
  }
  return { words, found, mistake: null };
}

function optionOf(shape: OptionShape): Option {
  const flags = [shape.short && `-${shape.short}`, shape.long && `--${shape.long}`]
    .filter(Boolean)
    .join(', ');
  const argument = { none: '', required: ' <value>', optional: ' [value]' }[shape.argument];
  return new Option(flags + argument);
}

/** Only one thing is left for commander to refuse. */
function translated(error: unknown, last: string): unknown {
  if (!(error instanceof CommanderError) || error.code !== 'commander.optionMissingArgument') return error;
  return usageError(
    last.startsWith('--')
      ? `option '${last}' requires an argument`
      : `option requires an argument -- '${last.slice(1)}'`,
  );
}

/**
 * Yields the options in the order typed and collects every other word in `words`. Throws TLXC_E_USAGE at the first one
 * that is wrong, after those before it were yielded (so that --help wins over a later mistake, as in getopt).
 */
export function* parseArguments<S extends OptionShape>(
  argv: readonly string[],
  shapes: readonly S[],
  words: string[],
): Generator<FoundOption<S>> {
  const found: FoundOption<S>[] = [];
  const parser = new Command()
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  const spelt = spellAll(argv, shapes);
  // Making an option takes commander longer than reading it: only those that are there.
  for (const shape of new Set(spelt.found)) {
    // Of two with one long form the first has it.
    const isTwin = shapes.find(({ long }) => long === shape.long) !== shape;
    const option = optionOf(isTwin && shape.short ? { ...shape, long: '' } : shape);
    parser.addOption(option);
    parser.on(`option:${option.name()}`, (value: string | null) => {
      found.push({ shape, value: value === '' && shape.argument === 'optional' ? null : (value ?? null) });
    });
  }
  let mistake = spelt.mistake;
  try {
    words.push(...parser.parseOptions([...spelt.words]).operands);
  } catch (error) {
    mistake = translated(error, spelt.words.at(-1) ?? '');
  }
  yield* found;
  if (mistake !== null) throw mistake as Error;
}
