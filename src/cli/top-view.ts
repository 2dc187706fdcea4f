/** What tlxc-top's person looks at, and what each key makes of it. Pure. */

/** A table, its order, and the row that is chosen. */
export interface List {
  readonly sort: string;
  readonly reversed: boolean;
  /** The row's id; "": the first. */
  readonly selected: string;
}

export interface View {
  readonly containers: List;
  /** The processes of one container, by its id. */
  readonly inside: { readonly id: string; readonly processes: List } | null;
}

export const firstView = (sort: string, reversed: boolean): View => ({
  containers: { sort, reversed, selected: '' },
  inside: null,
});

/** What the current table shows. */
export interface Shown {
  /** The rows' ids from the top to the bottom. */
  readonly ids: readonly string[];
  /** The sort keys that it has. */
  readonly keys: readonly string[];
  /** Rows that fit on the screen. */
  readonly page: number;
}

/** The place of the chosen row; its neighbour has its place where it is gone. */
export const placeOf = ({ selected }: List, ids: readonly string[]): number =>
  Math.max(0, ids.indexOf(selected));

function move(list: List, { ids, page }: Shown, key: string): List | null {
  const at = placeOf(list, ids);
  const steps: Readonly<Record<string, number>> = {
    ...{ up: at - 1, down: at + 1, 'page-up': at - page, 'page-down': at + page },
    ...{ home: 0, end: ids.length - 1 },
  };
  const step = steps[key];
  if (step === undefined) return null;
  return { ...list, selected: ids[Math.min(Math.max(step, 0), ids.length - 1)] ?? '' };
}

/** As LXC: a key that sorts already turns the order round. */
function sort(list: List, { keys }: Shown, key: string): List | null {
  if (key === 'r') return { ...list, reversed: !list.reversed };
  if (!keys.includes(key)) return null;
  return { ...list, sort: key, reversed: list.sort === key && !list.reversed };
}

/** The next view; the same object where the key means nothing here. */
export function press(view: View, shown: Shown, key: string): View | 'quit' {
  if (key === 'q' || key === 'interrupt') return 'quit';
  const { inside, containers } = view;
  if (['escape', 'left', 'backspace'].includes(key)) {
    if (inside) return { ...view, inside: null };
    return key === 'escape' ? 'quit' : view;
  }
  const list = inside ? inside.processes : containers;
  const changed = move(list, shown, key) ?? sort(list, shown, key);
  if (changed)
    return inside ? { ...view, inside: { ...inside, processes: changed } } : { ...view, containers: changed };
  if (inside || !['enter', 'right'].includes(key)) return view;
  const id = shown.ids[placeOf(containers, shown.ids)];
  if (id === undefined) return view;
  return {
    containers: { ...containers, selected: id },
    inside: { id, processes: { sort: 'c', reversed: false, selected: '' } },
  };
}
