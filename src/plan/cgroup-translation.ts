/** One line of cgroup-table.ts, found and used: a limit written for one cgroup world, in the words of the other. */
import { table, type CgroupValue, type Line, type Row, type Translated } from './cgroup-table.ts';

export type { CgroupValue, Translated } from './cgroup-table.ts';

/** A file of one world and the row that knows it. */
interface Known {
  readonly row: Row;
  /** What * stands for. */
  readonly part: string;
}

const wildcard = (pattern: string) =>
  new RegExp(`^${pattern.replaceAll('.', '\\.').replace('*', '([^.]+)')}$`);

function find(file: string, world: 1 | 2): Known | undefined {
  for (const row of table) {
    const names = world === 1 ? row.v1 : row.v2;
    if (names.includes(file)) return { row, part: '' };
    for (const name of names.filter((each) => each.includes('*'))) {
      const [, part] = wildcard(name).exec(file) ?? [];
      if (part !== undefined) return { row, part };
    }
  }
  return undefined;
}

const other = (world: 1 | 2) => (world === 1 ? 2 : 1);

/** The files of the other world that hold the same resource; [] where it has none. */
export function equalsOf(file: string, world: 1 | 2): readonly string[] {
  const known = find(file, world);
  if (!known) return [];
  const names = other(world) === 1 ? known.row.v1 : known.row.v2;
  return names.map((name) => name.replace('*', known.part));
}

/** What a setting becomes in the other world, or why nothing. Throws BadValue for a value that no kernel would take. */
export function translateSetting(
  setting: CgroupValue,
  from: 1 | 2,
  beside: Pick<Line, 'last' | 'blockWeights'>,
): Translated {
  const known = find(setting.file, from);
  if (!known) return { why: `no file of cgroup v${other(from)} is known to mean the same` };
  const line: Line = { ...setting, ...beside, part: known.part };
  return from === 1 ? known.row.toV2(line) : known.row.toV1(line);
}
