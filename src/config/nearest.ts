/** Which known name a mistyped one was probably meant to be. */

/** Edits (insert, delete, replace, swap of neighbours) from one word to the other: Damerau-Levenshtein, restricted. */
function distance(left: string, right: string): number {
  let older: number[] = [];
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (older[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    older = previous;
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The known name with the fewest edits, if a person could have meant it: at most a third of it, or two letters, differ. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  // Of a word of one or two letters something must be left.
  let fewest = Math.min(Math.max(2, Math.floor(word.length / 3)), word.length - 1) + 1;
  for (const name of known) {
    if (Math.abs(name.length - word.length) >= fewest) continue;
    const edits = distance(word, name);
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

/** "", or " (did you mean NAME?)". */
export function suggestion(word: string, known: Iterable<string>): string {
  const name = nearest(word, known);
  return name === undefined ? '' : ` (did you mean ${name}?)`;
}
