/** tlxc-ls --nesting: containers in containers, below the one that each is in. */
import { atMost } from '../container/at-once.ts';
import type { Store } from '../container/inspect.ts';
import { nestedInRunning, nestedInStopped } from '../container/nested/nested.ts';
import type { ContainerConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import type { Row } from './ls-table.ts';

const DEFAULT_LEVELS = 5;
/** Of our own rows; how many commands run in containers at once. */
const AT_ONCE = 4;

/** How deep --nesting goes, 0 where it was not given; what is no number means 5, as in LXC. */
export function levelsOf(option: unknown): number {
  if (option === undefined) return 0;
  return typeof option === 'string' && /^\d{1,4}$/.test(option) ? Number(option) : DEFAULT_LEVELS;
}

/** A container that was found, and what is wanted of those in it. */
interface Parent {
  readonly row: Row;
  readonly config: ContainerConfig | TlxcError | null;
}

export interface Nesting {
  readonly store: Store;
  readonly levels: number;
  readonly wanted: (row: Row) => boolean;
  /** Of a container whose containers cannot be listed. */
  readonly onError: (error: TlxcError, name: string) => void;
}

async function nestedIn({ row, config }: Parent, nesting: Nesting): Promise<readonly Row[]> {
  const { store, levels } = nesting;
  try {
    if (row.pid !== null) return await nestedInRunning(store, row.name, levels);
    return config === null || config instanceof TlxcError ? [] : nestedInStopped(config, levels);
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    nesting.onError(error, row.name);
    return [];
  }
}

/** Those that are wanted, and in one that is wanted itself. */
function wantedOf(rows: readonly Row[], wanted: Nesting['wanted']): readonly Row[] {
  const shown = new Set<string>();
  return rows.filter(({ name, parents, ...row }) => {
    const isShown =
      wanted({ name, parents, ...row }) && (parents.length === 1 || shown.has(parents.join('/')));
    if (isShown) shown.add([...parents, name].join('/'));
    return isShown;
  });
}

/** Each of the rows, and after it those of the containers in it. */
export async function withNested(parents: readonly Parent[], nesting: Nesting): Promise<readonly Row[]> {
  if (nesting.levels === 0) return parents.map(({ row }) => row);
  const slot = atMost(AT_ONCE);
  const families = parents.map(async (parent) => {
    const nested = await slot(() => nestedIn(parent, nesting));
    return [parent.row, ...wantedOf(nested, nesting.wanted)];
  });
  return (await Promise.all(families)).flat();
}
