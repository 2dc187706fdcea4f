/** What errors, logs and explanations of a configuration never repeat: the text of a credential, however its key was mistyped. */
const SECRET = /^\s*t?lxc\.credentials?(?!\.load\b)/;

export const HIDDEN = '(hidden)';

/** A value as it may be told with its key. */
export const tellable = (key: string, value: string): string => (SECRET.test(key) ? HIDDEN : value);

/** A line "KEY = VALUE" likewise. */
export function tellableLine(line: string): string {
  const equals = line.indexOf('=');
  return equals < 0 || !SECRET.test(line) ? line : `${line.slice(0, equals + 1)} ${HIDDEN}`;
}
