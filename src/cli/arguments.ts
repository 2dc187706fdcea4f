/**
 * The command line as GNU getopt_long reads it, which LXC's users are used to: options anywhere before "--", unambiguous
 * abbreviations of long ones, groups of short ones, optional arguments only when glued (-eCAP, --opt=VALUE), its messages.
 * No library for Node has these; one that is fed what was spelt out for it has nothing left to do, and costs each command half
 * a millisecond.
 */
import { usageError } from './usage.ts';

export interface OptionShape {
  /** One letter, or "" where there is only a long form. */
  readonly short: string;
  /** "" where there is only a short form. */
  readonly long: string;
  readonly argument: 'none' | 'required' | 'optional';
}

export interface FoundOption<S extends OptionShape> {
  readonly shape: S;
  /** null where no argument was given. */
  readonly value: string | null;
}

function findLong<S extends OptionShape>(name: string, typed: string, shapes: readonly S[]): S | undefined {
  const candidates = shapes.filter((shape) => name !== '' && shape.long.startsWith(name));
  const exact = candidates.find((shape) => shape.long === name);
  if (exact || candidates.length <= 1) return exact ?? candidates[0];
  const possibilities = candidates.map((shape) => ` '--${shape.long}'`).join('');
  throw usageError(`option '${typed}' is ambiguous; possibilities:${possibilities}`);
}

/** What is glued to an option. An empty one is none where it need not be. */
const gluedValue = ({ argument }: OptionShape, glued: string): string | null =>
  glued === '' && argument === 'optional' ? null : glued;

/** One word that begins with "--". next: takes the word after it. */
function longOption<S extends OptionShape>(
  typed: string,
  shapes: readonly S[],
  next: () => string | undefined,
): FoundOption<S> {
  const [, name = '', glued] = /^--([^=]*)(?:=(.*))?$/s.exec(typed) ?? [];
  const shape = findLong(name, typed, shapes);
  if (!shape) throw usageError(`unrecognized option '${typed}'`);
  if (glued !== undefined && shape.argument === 'none')
    throw usageError(`option '--${shape.long}' doesn't allow an argument`);
  if (glued !== undefined) return { shape, value: gluedValue(shape, glued) };
  if (shape.argument !== 'required') return { shape, value: null };
  const value = next();
  if (value === undefined) throw usageError(`option '--${shape.long}' requires an argument`);
  return { shape, value };
}

/** One word of letters: as many options, up to the first that takes the rest as its argument. */
function* shortOptions<S extends OptionShape>(
  typed: string,
  shapes: readonly S[],
  next: () => string | undefined,
): Generator<FoundOption<S>> {
  for (let at = 1; at < typed.length; at++) {
    const letter = typed.charAt(at);
    const shape = shapes.find(({ short }) => short === letter);
    if (!shape) throw usageError(`invalid option -- '${letter}'`);
    if (shape.argument === 'none') {
      yield { shape, value: null };
      continue;
    }
    const glued = typed.slice(at + 1);
    const value = glued === '' && shape.argument === 'required' ? next() : gluedValue(shape, glued);
    if (value === undefined) throw usageError(`option requires an argument -- '${letter}'`);
    yield { shape, value };
    return;
  }
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
  let at = 0;
  const next = (): string | undefined => argv[at++];
  while (at < argv.length) {
    const typed = next() ?? '';
    if (typed === '--') {
      words.push(...argv.slice(at));
      return;
    }
    if (typed.length < 2 || !typed.startsWith('-')) words.push(typed);
    else if (typed.startsWith('--')) yield longOption(typed, shapes, next);
    else yield* shortOptions(typed, shapes, next);
  }
}
