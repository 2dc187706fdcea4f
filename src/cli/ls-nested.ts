/** tlxc-ls --nesting: containers in containers, below the one that each is in. */
import { atMost } from '../container/autostart/at-once.ts';
import type { Store } from '../container/info/inspect.ts';
import { nestedLimits, type Nested, type NestedLimits } from '../container/nested/limits.ts';
import { nestedInRunning } from '../container/nested/nested.ts';
import { nestedInStopped } from '../container/nested/stopped.ts';
import { unresponsive } from '../container/unresponsive.ts';
import type { ContainerConfig } from '../config/model.ts';
import { TlxcError } from '../errors.ts';
import type { Row } from './ls-table.ts';

const DEFAULT_LEVELS = 5;
/** How many commands run in containers at once. */
const AT_ONCE = 8;

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

async function look({ row, config }: Parent, store: Store, limits: NestedLimits): Promise<Nested> {
  if (row.state === 'UNRESPONSIVE') throw unresponsive(row.name);
  if (row.pid !== null) return nestedInRunning(store, row.name, limits);
  const isKnown = config !== null && !(config instanceof TlxcError);
  return isKnown ? nestedInStopped(config, limits) : { rows: [], error: null };
}

async function nestedIn(parent: Parent, nesting: Nesting, limits: NestedLimits): Promise<readonly Row[]> {
  const { row } = parent;
  try {
    const { rows, error } = await look(parent, nesting.store, limits);
    if (error) nesting.onError(error, row.name);
    return rows;
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
  // For all of them: one that takes all its time leaves none to others.
  const limits = nestedLimits(nesting.levels);
  const slot = atMost(AT_ONCE);
  const families = parents.map(async (parent) => {
    const nested = await slot(() => nestedIn(parent, nesting, limits));
    return [parent.row, ...wantedOf(nested, nesting.wanted)];
  });
  return (await Promise.all(families)).flat();
}
