/** Names given as a regular expression. */
import { TlxcError } from '../errors.ts';

/** For what is none. `cause`: the engine's; of its words only the reason, after the pattern, is for people. `hint`: what is one. */
export function noPattern(text: string, cause: unknown, hint: string): TlxcError {
  const reason = (cause instanceof Error ? cause.message : '').split(': ').at(-1)?.toLowerCase() ?? '';
  const message = `'${text}' is not a regular expression${reason && `: ${reason}`}`;
  return new TlxcError({ code: 'TLXC_E_USAGE', message, hint, cause });
}
