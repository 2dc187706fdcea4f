/** How a registry asks for credentials: WWW-Authenticate, RFC 7235. Pure. */

export interface Challenge {
  /** In small letters: bearer, basic. */
  readonly scheme: string;
  /** By their names in small letters. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** A token, "=", a token or a quoted string; or a scheme by itself. */
const PIECE = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/gy;

/** All challenges of the header's values, in order. */
export function parseChallenges(values: string | readonly string[] | undefined): Challenge[] {
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  const text = typeof values === 'string' ? values : (values ?? []).join(', ');
  for (let at = 0; at < text.length;) {
    PIECE.lastIndex = at;
    const match = PIECE.exec(text);
    if (!match) {
      at += 1;
      continue;
    }
    at = PIECE.lastIndex;
    const [, name = '', quoted, plain] = match;
    const value = quoted?.replace(/\\(.)/g, '$1') ?? plain;
    if (value === undefined) found.push({ scheme: name.toLowerCase(), parameters: {} });
    else Object.assign(found.at(-1)?.parameters ?? {}, { [name.toLowerCase()]: value });
  }
  return found;
}
