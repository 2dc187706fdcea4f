/** Text that may come from a container, an image or a file, as it is printed. */
import { CONTROL, printable } from '../control-characters.ts';

export { printable };

const ESC = '\u{1b}';
/** Colours, movements of the cursor, titles: what a terminal is told by, of which nothing is text. */
const SEQUENCE = new RegExp(
  `${ESC}(\\[[0-?]*[ -/]*[@-~]|\\][^\u{7}${ESC}]*(\u{7}|${ESC}\\\\)|[ -/]*[0-OQ-Z^-~])`,
  'gu',
);

/** What a program has written for a terminal as a person should see it on another: without colours, harmless. */
export const withoutSequences = (text: string): string => printable(text.replace(SEQUENCE, ''));

const escaped = (json: string): string =>
  json.replace(CONTROL, (character) =>
    character === '\n' ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A value as JSON on lines of its own; what JSON itself leaves of the above is written as \u0000, which means the same. */
export const jsonText = (value: unknown): string => `${escaped(JSON.stringify(value, null, 2))}\n`;

/** The same in one line. */
export const jsonLine = (value: unknown): string => `${escaped(JSON.stringify(value))}\n`;

/** Characters that a terminal gives two columns: East Asian wide and fullwidth forms, and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** How many columns of a terminal a text takes; combining marks take none. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) sum += /\p{Mn}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return sum;
}

/** As much of a text as fits, without what could drive the terminal. */
export function clip(text: string, width: number): string {
  const safe = printable(text).replaceAll('\t', ' ');
  if (columns(safe) <= width) return safe;
  let [shown, used] = ['', 0];
  for (const character of safe) {
    used += columns(character);
    if (used > width - 1) break;
    shown += character;
  }
  return width > 0 ? `${shown}…` : '';
}
