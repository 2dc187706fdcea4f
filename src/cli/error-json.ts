/** An error or a warning for a program: what --json puts on standard error, one object a line. tlxc(7), JSON. */
import { withReason } from '../errno.ts';
import { TlxcError, type ErrorCode } from '../errors.ts';
import { remedyOf } from '../remedy.ts';
import { hintOf } from './render.ts';
import { isSystemError, systemMessage } from './system-error.ts';

/** All fields are always there; null: it does not apply. */
export interface Told {
  readonly level: 'error' | 'warning';
  /** tlxc-info */
  readonly command: string;
  /** null of a warning that has none. */
  readonly code: ErrorCode | null;
  /** What failed and why, one sentence. */
  readonly message: string;
  /** The container, or the path that it is about. */
  readonly object: string | null;
  /** ENOENT */
  readonly errno: string | null;
  /** What can be done. */
  readonly hint: string | null;
  /** Of the configuration: where, and which key. */
  readonly file: string | null;
  readonly line: number | null;
  readonly key: string | null;
  /** All that is wrong in a configuration, each with its place. */
  readonly problems: readonly unknown[];
  /** What this host lacks that may be the reason. */
  readonly findings: readonly { readonly what: string; readonly found: string; readonly mend: string }[];
  /** What the container's console has shown last, where that may be the reason. */
  readonly console: readonly string[];
}

const NOTHING = {
  ...{ errno: null, hint: null, file: null, line: null, key: null },
  ...{ problems: [], findings: [], console: [] },
};

/** What an error of TLXC's says of itself. */
function toldBy(command: string, error: TlxcError): Partial<Told> {
  const hint = hintOf(command, error);
  const { code, message, errno, where, problems = [], findings = [], console = [] } = error.details;
  const at = problems[0]?.details.at ?? where;
  return {
    ...{ code, message: withReason(message, errno), findings, console },
    ...(errno !== undefined && { errno }),
    ...(hint !== undefined && { hint }),
    ...(at?.file && { file: at.file }),
    ...(at?.line && { line: at.line }),
    ...(at?.key !== undefined && { key: at.key }),
    problems: problems.map((problem) => problem.toJSON()),
  };
}

/** name: the container that the command is about, "" without one. */
export function errorObject(command: string, error: unknown, name: string): Told {
  // In the order in which they are read.
  const base = {
    level: 'error' as const,
    command,
    code: null,
    message: '',
    object: name || null,
    ...NOTHING,
  };
  if (error instanceof TlxcError) {
    const { code, message, container = name, path = '' } = error.details;
    return { ...base, code, message, ...toldBy(command, error), object: container || path || null };
  }
  if (isSystemError(error)) {
    const { code: errno = '', path } = error;
    const message = systemMessage(error);
    const hint = remedyOf({ code: 'TLXC_E_SYSCALL', errno, path: path ?? '' }) ?? null;
    return { ...base, code: 'TLXC_E_SYSCALL', message, errno, hint, object: path ?? base.object };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { ...base, code: 'TLXC_E_INTERNAL', message, hint: 'please report it' };
}

export const warningObject = (command: string, message: string, name: string): Told => ({
  ...{ level: 'warning', command, code: null, message, object: name || null },
  ...NOTHING,
});
