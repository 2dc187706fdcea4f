/** What is offered to somebody who left the name out, or wrote it in another place. Looked for only once something is wrong. */
import type { SystemConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import { containerPaths, isName } from '../container/paths.ts';
import { isDefined, listActive, listContainers } from '../container/store.ts';
import { shellWord } from '../shell-word.ts';

/** Whom a command is for. A monitor that was killed still counts as running: nobody is asked for a hint. */
export type Offered = 'running' | 'stopped' | 'all';

/** So many names are a hint, and not yet a table. */
const MOST = 6;

/** Where containers are looked for. */
export interface Store {
  readonly system: SystemConfig;
  readonly lxcpath: string;
}

export function namesOf(offered: Offered, { system, lxcpath }: Store): readonly string[] {
  try {
    if (offered === 'running') return listActive(system, lxcpath);
    const names = listContainers(lxcpath);
    const active = offered === 'all' ? [] : listActive(system, lxcpath);
    return names.filter((name) => !active.includes(name));
  } catch {
    // A store that may not be read has its own error, once a container of it is named.
    return [];
  }
}

const WORDS = { running: 'running here', stopped: 'stopped here', all: 'there are' };

/** "stopped here: u1, u2": undefined where there are none. */
export function offerContainers(offered: Offered, store: Store): string | undefined {
  const names = namesOf(offered, store);
  if (names.length === 0) return undefined;
  // One that is left out takes as much room as "1 more".
  const shown = names.length <= MOST + 1 ? names : names.slice(0, MOST);
  const more = names.length - shown.length;
  return `${WORDS[offered]}: ${shown.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

/** The words of a command line as they were given, the first one taken for the container's name. */
export interface Words extends Store {
  readonly program: string;
  readonly name: string;
  readonly rest: readonly string[];
}

/** The container that one of the words names, where the first word names none: "tlxc-device list u1". */
function misplaced({ name, rest, system, lxcpath }: Words): string | undefined {
  const exists = (word: string): boolean => isName(word) && isDefined(containerPaths(system, lxcpath, word));
  return exists(name) ? undefined : rest.find(exists);
}

/** The same error, with the line that was probably meant where the container's name stands in the wrong place. */
export function withOrder(error: unknown, words: Words): unknown {
  if (!(error instanceof TlxcError) || words.name === '') return error;
  const { details } = error;
  if (!['TLXC_E_USAGE', 'TLXC_E_NOT_FOUND', 'TLXC_E_NOT_RUNNING', 'TLXC_E_NAME'].includes(details.code))
    return error;
  const meant = misplaced(words);
  // A command that knows its own words offers more than another order of them.
  if (meant === undefined || details.hint?.includes(`-n ${meant} `)) return error;
  const others = [words.name, ...words.rest.filter((word) => word !== meant)];
  const line = ['-n', meant, ...(others.some((word) => word.startsWith('-')) ? ['--'] : []), ...others];
  const hint = `the container's name comes first: ${words.program} ${line.map(shellWord).join(' ')}`;
  return new TlxcError({ ...details, hint });
}
