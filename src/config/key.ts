/** What the registry says of one key, and how its values are kept while a configuration is read. */
import type { Fault } from '../problem.ts';
import type { Sourced } from './model.ts';
import type { Environment } from '../environment.ts';

/** A value that will not do; the message completes "KEY = VALUE: ", the fault says which word of it is wrong. */
export class BadValue extends Error {
  readonly fault: Fault;

  constructor(message: string, fault: Fault = {}) {
    super(message);
    this.fault = fault;
  }
}

/** What a parser may know besides the text. */
export interface ParseContext {
  /** The part of the key that [i] or * stands for: "0" of lxc.net.0.type, "memory.max" of lxc.cgroup2.memory.max. */
  readonly variable: string;
  /** The directory of the file that the line stands in; relative paths begin there. */
  readonly directory: string;
  /** The caller's, for lxc.environment = NAME. */
  readonly environment: Environment;
  /** Something accepted, as LXC does, that the person should know about. */
  readonly warn: (message: string) => void;
}

/**
 * What a value may be, said once for all who ask: completion, the JSON Schema, and what an error offers. The value, or with
 * `several` each of its words, is one of `words`, a whole number of `range`, or fits `pattern`; where none of these is said
 * it is any text. What cannot be said so is said more loosely: never is a value excluded that the parser takes.
 */
export interface Accepts {
  readonly words?: readonly string[];
  /** Least and most. */
  readonly range?: readonly [least: number, most: number];
  /** The source of a regular expression for the whole value. */
  readonly pattern?: string;
  /** The words are taken in either case. */
  readonly anyCase?: boolean;
  /** Blanks part several of them. */
  readonly several?: boolean;
}

type Parse<T> = (text: string, context: ParseContext) => T;

/** A parser that says what it takes; keys that are parsed by it accept that. */
export const accepting = <F extends Parse<unknown>>(
  accepts: Accepts,
  parse: F,
): F & { readonly accepts: Accepts } => Object.assign(parse, { accepts });

export interface Key<T> {
  /** lxc.tty.max; with a variable part, lxc.net.[i].type or lxc.cgroup.*. */
  readonly name: string;
  /** What may stand after "=", as the manual page writes it. */
  readonly syntax: string;
  readonly accepts: Accepts;
  /** What is in force where the key is not set; "" for nothing. */
  readonly fallback: string;
  readonly doc: string;
  readonly list: boolean;
  /** The values of one line; throws BadValue. Never called with an empty text unless acceptsEmpty. */
  readonly parse: (text: string, context: ParseContext) => readonly T[];
  /** A value as lxc-info -c prints it. */
  show(this: void, value: T): string;
  /** What parts the values there; else each is a line of its own and an empty line follows. */
  readonly joinedBy?: string;
  /** The empty value is a value (lxc.autodev); else it resets. */
  readonly acceptsEmpty?: boolean;
  /** Keys that an empty value resets besides this one. */
  readonly alsoResets?: readonly string[];
  /** Every line of this key resets all keys that begin so, as in LXC: what it begins is written below it. */
  readonly begins?: string;
  /** What another key has to be, on a line before this one. */
  readonly needs?: { readonly name: string; readonly value: string };
  /** How the values of a new line join those before; lists append, others replace. */
  merge?(this: void, before: readonly Sourced<T>[], added: readonly Sourced<T>[]): readonly Sourced<T>[];
  /** Of a key that ends in *: which of its family a value is for. */
  member?(this: void, value: T): string;
  /** What an empty value leaves of a list that several keys share. */
  keep?(this: void, value: T, variable: string): boolean;
}

/**
 * A key of any type: what the registry's tables hold. What takes a value is written as a method above, since only methods let a
 * Key<T> stand here; it is given the key's own values, which are kept below the key's name.
 */
export type AnyKey = Key<unknown>;

type Entry<T> = Pick<Key<T>, 'name' | 'syntax' | 'doc'> &
  Partial<Omit<Key<T>, 'parse' | 'list' | 'name' | 'syntax' | 'doc'>>;

type Parser<T> = Parse<T> & { readonly accepts?: Accepts };

/** A key with one value: the last line wins. What its parser accepts it accepts, unless the entry says otherwise. */
export function scalar<T>(entry: Entry<T> & { parse: Parser<T> }): Key<T> {
  const { parse } = entry;
  return {
    fallback: '',
    show: String,
    accepts: parse.accepts ?? {},
    ...entry,
    list: false,
    parse: (text, context) => [parse(text, context)],
  };
}

/** The parser of a list whose lines hold one value each. */
export const single = <T>(parse: Parser<T>): Parser<readonly T[]> =>
  accepting(parse.accepts ?? {}, (text, context) => [parse(text, context)]);

/** A key whose lines add up; one line may hold several values. */
export function list<T>(entry: Entry<T> & { parse: Parser<readonly T[]> }): Key<T> {
  return { fallback: '', show: String, accepts: entry.parse.accepts ?? {}, ...entry, list: true };
}
