/** What errors, logs and explanations of a configuration never repeat: the text of a credential, however its key was mistyped. */
const KEY = String.raw`t?lxc\.cre(?!dentials?\.load\b)`;
const SECRET = new RegExp(String.raw`^\s*${KEY}`, 'i');
const IN_A_WORD = new RegExp(String.raw`(${KEY}[^=]*=).*`, 'is');

export const HIDDEN = '(hidden)';

/** A value as it may be told with its key. */
export const tellable = (key: string, value: string): string => (SECRET.test(key) ? HIDDEN : value);

/** A line "KEY = VALUE" likewise. */
export function tellableLine(line: string): string {
  if (!SECRET.test(line)) return line;
  // Where "=" was forgotten, the first character that no name has stands for it; one further on may be the text's.
  const [kept = ''] = /^\s*[^\s=]+\s*=/.exec(line) ?? /^\s*[\w.@+-]*/.exec(line) ?? [];
  return `${kept} ${HIDDEN}`;
}

/** A word of a command line (-s KEY=VALUE, --define=KEY=VALUE) likewise. */
export const tellableWord = (word: string): string => word.replace(IN_A_WORD, `$1${HIDDEN}`);
