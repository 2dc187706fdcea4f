/** How much of a container's word on its containers is taken, and how it is told. */
import { TlxcError, usageError } from '../../errors.ts';
import type { ListedContainer } from '../info/listed.ts';

/** What was found, and why that is not all. */
export interface Nested {
  readonly rows: readonly ListedContainer[];
  readonly error: TlxcError | null;
}

/** How deep is looked, and until when (performance.now()). */
export interface NestedLimits {
  readonly levels: number;
  readonly deadline: number;
}

const LEVEL_MS = 4_000;
/** From here on both sides would have the same time. */
export const MOST_LEVELS = 15;
/** Of one container of ours. */
export const MOST_ROWS = 1_000;

/**
 * Less time the deeper: who asks within a container gives up before it is given up itself, and tells what it has. Throws
 * TLXC_E_USAGE.
 */
export function nestedLimits(levels: number): NestedLimits {
  if (!Number.isInteger(levels) || levels < 0 || levels > 9999)
    throw usageError(
      `levels is a whole number from 0 to 9999, not ${levels}`,
      'containers in containers are rarely more than two deep',
    );
  return { levels, deadline: performance.now() + Math.min(levels, MOST_LEVELS) * LEVEL_MS };
}

export const below = (name: string, rows: readonly ListedContainer[]): readonly ListedContainer[] =>
  rows.map((row) => ({ ...row, parents: [name, ...row.parents] }));

const tooMany = (container: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `there is more in it than is looked at (${MOST_ROWS} containers, ${LEVEL_MS / 1000} s a level): not all are listed`,
    container,
    hint: `list them from inside: tlxc-attach -n ${container} -- tlxc-ls`,
  });

export const bounded = (name: string, rows: readonly ListedContainer[], complete = true): Nested => ({
  rows: below(name, rows.slice(0, MOST_ROWS)),
  error: complete && rows.length <= MOST_ROWS ? null : tooMany(name),
});
