/**
 * LXC's option grammar, that of GNU getopt_long: options anywhere before "--", grouped short options, unambiguous
 * abbreviations of long ones, optional arguments only when glued (-eCAP, --opt=VALUE). No parser of npm's or Node's has
 * the last three, and a person's habits depend on them; messages are getopt's too.
 */
import { TlxcError } from '../errors.ts';

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

const usage = (message: string) => new TlxcError({ code: 'TLXC_E_USAGE', message });

function findLong<S extends OptionShape>(name: string, typed: string, shapes: readonly S[]): S {
  const exact = shapes.find((shape) => shape.long === name);
  if (exact) return exact;
  const candidates = shapes.filter((shape) => shape.long.startsWith(name));
  const [first] = candidates;
  if (!first) throw usage(`unrecognized option '${typed}'`);
  if (candidates.length === 1) return first;
  const possibilities = candidates.map((shape) => ` '--${shape.long}'`).join('');
  throw usage(`option '${typed}' is ambiguous; possibilities:${possibilities}`);
}

/** The arguments not yet looked at. */
class Arguments {
  private next = 0;
  private readonly argv: readonly string[];
  constructor(argv: readonly string[]) {
    this.argv = argv;
  }
  take(): string | undefined {
    return this.argv[this.next++];
  }
  rest(): readonly string[] {
    return this.argv.slice(this.next);
  }
}

function readLong<S extends OptionShape>(
  typed: string,
  shapes: readonly S[],
  left: Arguments,
): FoundOption<S> {
  const equals = typed.indexOf('=');
  const name = typed.slice(2, equals < 0 ? undefined : equals);
  const shape = findLong(name, typed, shapes);
  if (equals >= 0) {
    if (shape.argument === 'none') throw usage(`option '--${shape.long}' doesn't allow an argument`);
    return { shape, value: typed.slice(equals + 1) };
  }
  if (shape.argument !== 'required') return { shape, value: null };
  const value = left.take();
  if (value === undefined) throw usage(`option '--${shape.long}' requires an argument`);
  return { shape, value };
}

function* readShort<S extends OptionShape>(
  group: string,
  shapes: readonly S[],
  left: Arguments,
): Generator<FoundOption<S>> {
  for (let at = 0; at < group.length; at++) {
    const letter = group.charAt(at);
    const shape = shapes.find((candidate) => candidate.short === letter);
    if (!shape) throw usage(`invalid option -- '${letter}'`);
    const glued = group.slice(at + 1);
    if (shape.argument === 'none') {
      yield { shape, value: null };
      continue;
    }
    if (glued || shape.argument === 'optional') {
      yield { shape, value: glued || null };
      return;
    }
    const value = left.take();
    if (value === undefined) throw usage(`option requires an argument -- '${letter}'`);
    yield { shape, value };
  }
}

/**
 * Yields the options in the order typed and collects every other word in `words`. Throws TLXC_E_USAGE at the first one
 * that is wrong, after those before it were yielded (so that --help wins over a later mistake, as in getopt).
 */
export function* getopt<S extends OptionShape>(
  argv: readonly string[],
  shapes: readonly S[],
  words: string[],
): Generator<FoundOption<S>> {
  const left = new Arguments(argv);
  for (let typed = left.take(); typed !== undefined; typed = left.take()) {
    if (typed === '--') {
      words.push(...left.rest());
      return;
    }
    if (typed.startsWith('--')) yield readLong(typed, shapes, left);
    else if (typed.length > 1 && typed.startsWith('-')) yield* readShort(typed.slice(1), shapes, left);
    else words.push(typed);
  }
}
