/** What tlxc-ls is asked for. Pure. */
import { TlxcError } from '../errors.ts';
import type { Invocation } from './command.ts';
import { noPattern } from './pattern.ts';
import { levelsOf } from './ls-nested.ts';
import { DEFAULT_COLUMNS, parseColumns, type Column } from './ls-table.ts';

export interface Wishes {
  readonly columns: readonly Column[];
  readonly fancy: boolean;
  readonly json: boolean;
  /** Member of all of these. */
  readonly groups: readonly string[];
  readonly pattern: RegExp | null;
  /** How deep containers in containers are listed. */
  readonly levels: number;
  readonly only: Readonly<Record<'active' | 'running' | 'frozen' | 'stopped' | 'defined', boolean>>;
}

/** A POSIX extended regular expression as a JavaScript one: what differs are the classes, [[:alpha:]]. */
function posixPattern(text: string): RegExp {
  const classes: Record<string, string> = {
    ...{ alpha: 'A-Za-z', digit: '0-9', alnum: 'A-Za-z0-9', upper: 'A-Z', lower: 'a-z' },
    ...{ space: '\\s', blank: ' \\t', xdigit: '0-9A-Fa-f', punct: '!-\\/:-@\\[-`{-~' },
  };
  try {
    return new RegExp(text.replace(/\[:([a-z]+):\]/g, (whole, name: string) => classes[name] ?? whole));
  } catch (error) {
    throw noPattern(
      text,
      error,
      '^web, 1$ or web|db, for instance; a character that means itself has a \\ before it',
    );
  }
}

/** Throws TLXC_E_USAGE, TLXC_E_UNSUPPORTED. */
export function wishesOf({ options, rest }: Invocation): Wishes {
  const words = typeof options['filter'] === 'string' ? [options['filter'], ...rest] : rest;
  const [pattern, unexpected] = words;
  if (unexpected !== undefined) {
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `one filter at a time: '${unexpected}' is one too many`,
      hint: 'join them in one expression: A|B',
    });
  }
  const given = options['fancyFormat'];
  const is = (key: string) => options[key] === true;
  return {
    columns: typeof given === 'string' ? parseColumns(given) : DEFAULT_COLUMNS,
    // -1 goes before -F alone, as with LXC's, whose users' loops say both.
    fancy: is('fancy') || (given !== undefined && !is('line')),
    json: is('json'),
    groups: typeof options['groups'] === 'string' ? options['groups'].split(',').filter(Boolean) : [],
    levels: levelsOf(options['nesting']),
    pattern: pattern === undefined ? null : posixPattern(pattern),
    only: {
      ...{ active: is('active'), running: is('running'), frozen: is('frozen') },
      ...{ stopped: is('stopped'), defined: is('defined') },
    },
  };
}
