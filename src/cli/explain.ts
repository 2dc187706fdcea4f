/** tlxc-config explain */
import { existsSync } from 'node:fs';
import { explainContainer, type Explained, type Explanation } from '../container/info/explain.ts';
import { notDefined } from '../container/not-defined.ts';
import { containerPaths } from '../container/paths.ts';
import { TlxcError } from '../errors.ts';
import { placeOf } from '../problem.ts';
import type { Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { columns, jsonText, printable } from './printable.ts';

/** What is not known, or nothing. */
const NOTHING = '-';
/** No column but the last is made wider than this by one long value. */
const WIDEST = 48;

const from = ({ at }: Explained): string => (at === undefined ? 'default' : placeOf(at));

function cells({ state }: Explanation, value: Explained): string[] {
  const live =
    state === 'STOPPED' ? [] : [value.live === undefined || value.live === '' ? NOTHING : value.live];
  return [value.key, value.value === '' ? NOTHING : value.value, ...live, from(value)].map(printable);
}

/** Rows with their columns aligned; a cell that is wider than its column pushes the rest of its own row only. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, index) =>
    Math.max(...rows.map((row) => columns(row[index] ?? '')).filter((width) => width <= WIDEST)),
  );
  const padded = (cell: string, index: number): string =>
    cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - columns(cell)));
  return rows.map((row) =>
    row
      .map((cell, index) => padded(cell, index))
      .join('  ')
      .trimEnd(),
  );
}

function explainedJson({ state, values }: Explanation): string {
  const shown = values.map(({ key, value, at, live }) => ({
    ...{ key, value, default: at === undefined },
    ...(at && { file: at.file, line: at.line }),
    ...(live !== undefined && { live }),
  }));
  return jsonText({ state, values: shown });
}

/** Prints each value in force, where it was written, and what the running container shows of it. */
export async function explain(
  { name, options, system, lxcpath }: Invocation,
  { env, stdout }: CommandContext,
  key: string | undefined,
): Promise<number> {
  const paths = containerPaths(system, lxcpath, name);
  if (!existsSync(paths.config)) throw notDefined(paths, `${name} doesn't exist`);
  const json = options['json'] === true;
  const explanation = await explainContainer({ system, lxcpath, environment: env }, name, key).catch(
    (error: unknown) => {
      if (json && error instanceof TlxcError && error.details.problems) {
        stdout.write(jsonText({ problems: error.details.problems }));
      }
      throw error;
    },
  );
  if (json) {
    stdout.write(explainedJson(explanation));
    return 0;
  }
  const heading = ['KEY', 'VALUE', ...(explanation.state === 'STOPPED' ? [] : ['LIVE']), 'FROM'];
  const rows = [heading, ...explanation.values.map((value) => cells(explanation, value))];
  stdout.write(
    table(rows)
      .map((row) => `${row}\n`)
      .join(''),
  );
  return 0;
}
