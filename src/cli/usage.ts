/** Mistakes of a command line. */
import { TlxcError } from '../errors.ts';

/** TLXC_E_USAGE. Without a hint the command's --help is named (render.ts). */
export const usageError = (message: string, hint?: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_USAGE', message, ...(hint !== undefined && { hint }) });

/** The same, of a word that a command has no use for. */
export const tooMany = (word: string, hint?: string): TlxcError =>
  usageError(`one argument too many: '${word}'`, hint);
