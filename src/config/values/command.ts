/** Splits a command line into words as a shell would, without expanding anything. lxc.init.cmd. */
import { BadValue } from '../key.ts';

/** One piece of a word: in single quotes, in double quotes, a backslash and its character, or bare. */
const PIECE = /'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)|(\s+)/gy;

/** Throws BadValue where a quote is left open, or nothing is left. */
export function splitCommand(value: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let end = 0;
  for (const match of value.matchAll(PIECE)) {
    end = match.index + match[0].length;
    const [, single, double, escaped, bare, blank] = match;
    if (blank === undefined) {
      word = (word ?? '') + (single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? escaped ?? bare ?? '');
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (end !== value.length) throw new BadValue(`a quote or backslash is left open at ${value.slice(end)}`);
  if (word !== undefined) words.push(word);
  if (words.length === 0 || words[0] === '') throw new BadValue('it names no program');
  return words;
}
