/** AppArmor's path patterns have no "everything but": this makes them. apparmor.d(5), Globbing */

/** Matches the path that it follows, and everything below. */
const AND_BELOW = '{,/**}';

/**
 * Patterns that together match every path below `base` but the kept ones, what lies below those, and the directories
 * that lead there. Kept paths are relative to base ("kernel/hostname"); a "*" at the end of one keeps all names that
 * begin so.
 */
export function allBut(base: string, kept: readonly string[]): string[] {
  const below = new Map<string, string[]>();
  for (const path of kept) {
    const [first = '', ...rest] = path.split('/');
    below.set(first, [...(below.get(first) ?? []), rest.join('/')]);
  }
  const deeper = [...below].filter(([, rests]) => !rests.includes(''));
  return [
    ...otherNames([...below.keys()]).map((pattern) => `${base}/${pattern}${AND_BELOW}`),
    ...deeper.flatMap(([name, rests]) => allBut(`${base}/${name}`, rests)),
  ];
}

/** Patterns that together match every name but these: one for each place where a name may part from them. */
function otherNames(names: readonly string[]): string[] {
  const stems = names.map((name) => name.replace(/\*$/, ''));
  // What a name with a "*" goes on with is kept, so nothing parts from it at its end.
  const partings = names.flatMap((name, index) => startsOf(stems[index] ?? '', !name.endsWith('*')));
  return [...new Set(partings)].map((start) => {
    const next = new Set(
      stems.filter((stem) => stem.startsWith(start)).flatMap((stem) => stem[start.length] ?? []),
    );
    if (next.size === 0) return `${start}?*`;
    const other = `[^${[...next].join('')}/]*`;
    // The beginning alone is another name, too.
    return start === '' || stems.includes(start) ? `${start}${other}` : `${start}{,${other}}`;
  });
}

/** The beginnings of a name, the empty one first. */
const startsOf = (name: string, withWhole: boolean): string[] =>
  Array.from({ length: name.length + (withWhole ? 1 : 0) }, (_, length) => name.slice(0, length));
