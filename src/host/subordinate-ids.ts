/** /etc/subuid and /etc/subgid, subuid(5): which ids a user may map into user namespaces. */

export interface IdSpan {
  readonly first: number;
  readonly count: number;
}

/** Subordinate ids by owner. */
export interface SubordinateIds {
  readonly own: readonly IdSpan[];
  readonly others: readonly IdSpan[];
}

/** Root as an owner, who may be written by name or by number. */
export const ROOT: readonly string[] = ['root', '0'];

/** NAME_OR_UID:FIRST:COUNT a line; lines of another shape are none. owner: the name and the number of who asks. */
export function parseSubordinateIds(text: string, owner: readonly string[] = ROOT): SubordinateIds {
  const spans = text.split('\n').flatMap((line) => {
    const [, name = '', first = '', count = ''] = /^([^:#\s]+):(\d+):(\d+)\s*$/.exec(line) ?? [];
    return name === '' ? [] : [{ name, span: { first: Number(first), count: Number(count) } }];
  });
  const isOwn = ({ name }: { name: string }) => owner.includes(name);
  return {
    own: spans.filter(isOwn).map(({ span }) => span),
    others: spans.filter((entry) => !isOwn(entry)).map(({ span }) => span),
  };
}

export const overlaps = (a: IdSpan, b: IdSpan): boolean =>
  a.first < b.first + b.count && b.first < a.first + a.count;

/** The same ids, none of them twice, each span a part of one of these. */
export function withoutRepeats(spans: readonly IdSpan[]): readonly IdSpan[] {
  let next = 0;
  return [...spans]
    .sort((a, b) => a.first - b.first)
    .flatMap(({ first, count }) => {
      const [begin, end] = [Math.max(first, next), first + count];
      next = Math.max(next, end);
      return begin < end ? [{ first: begin, count: end - begin }] : [];
    });
}

/** The same ids in as few spans as can be, in order. */
export function joined(spans: readonly IdSpan[]): readonly IdSpan[] {
  const all: { first: number; count: number }[] = [];
  for (const { first, count } of withoutRepeats(spans)) {
    const last = all.at(-1);
    if (last && last.first + last.count === first) last.count += count;
    else all.push({ first, count });
  }
  return all;
}

/** Where useradd(8) begins. */
const LOWEST = 100_000;

/** Those of the system itself, as far as nobody. */
const SYSTEM: IdSpan = { first: 0, count: 65_536 };

/** The first so many ids that are in none of these, in a container beyond the system's own; null: it has not so many. */
export function freeSpan(count: number, taken: readonly IdSpan[]): IdSpan;
export function freeSpan(
  count: number,
  taken: readonly IdSpan[],
  within: readonly IdSpan[] | undefined,
): IdSpan | null;
export function freeSpan(count: number, taken: readonly IdSpan[], within?: readonly IdSpan[]): IdSpan | null {
  let first = within ? 0 : LOWEST;
  for (const span of withoutRepeats(within ? [SYSTEM, ...taken] : taken))
    if (overlaps(span, { first, count })) first = span.first + span.count;
  return within && !isWithin({ first, count }, within) ? null : { first, count };
}

/** Whether every id of a is in one of spans, or in several that follow each other: as newuidmap(1) sees it. */
export function isWithin(a: IdSpan, spans: readonly IdSpan[]): boolean {
  let first = a.first;
  const end = a.first + a.count;
  while (first < end) {
    const span = spans.find((each) => first >= each.first && first < each.first + each.count);
    if (span === undefined) return false;
    first = span.first + span.count;
  }
  return true;
}

/** For people: "100000-165535". */
export const spanText = ({ first, count }: IdSpan): string => `${first}-${first + count - 1}`;
