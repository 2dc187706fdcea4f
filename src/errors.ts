/** The one error class of TLXC. Words for people are made here and in cli/; everything below passes data. */
import type { Problem, SourceLocation } from './problem.ts';

export type { SourceLocation } from './problem.ts';

/** Stable codes a program may match on; message texts may change, codes do not. */
export type ErrorCode =
  | 'TLXC_E_USAGE'
  | 'TLXC_E_CONFIG'
  | 'TLXC_E_NAME'
  | 'TLXC_E_EXISTS'
  | 'TLXC_E_NOT_FOUND'
  | 'TLXC_E_RUNNING'
  | 'TLXC_E_NOT_RUNNING'
  | 'TLXC_E_FROZEN'
  | 'TLXC_E_UNRESPONSIVE'
  | 'TLXC_E_BUSY'
  | 'TLXC_E_TIMEOUT'
  | 'TLXC_E_PERMISSION'
  | 'TLXC_E_UNSUPPORTED'
  | 'TLXC_E_SYSCALL'
  | 'TLXC_E_TEMPLATE'
  | 'TLXC_E_IMAGE'
  | 'TLXC_E_NETWORK'
  | 'TLXC_E_STORAGE'
  | 'TLXC_E_HOOK'
  | 'TLXC_E_INTERNAL';

export interface ErrorDetails {
  readonly code: ErrorCode;
  /** What failed and on which object, one sentence without a final full stop. */
  readonly message: string;
  readonly container?: string;
  /** The step of a start or attach, as the plan names it. */
  readonly step?: string;
  readonly syscall?: string;
  /** Symbolic: EPERM. */
  readonly errno?: string;
  readonly path?: string;
  readonly where?: SourceLocation;
  /** What the person can do. */
  readonly hint?: string;
  /** Several problems found at once (a configuration's). */
  readonly problems?: readonly Problem[];
  /** What the host lacks that may be the reason, each with what mends it. */
  readonly findings?: readonly { readonly what: string; readonly found: string; readonly mend: string }[];
  readonly cause?: unknown;
}

export class TlxcError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'TlxcError';
    this.code = details.code;
    this.details = details;
  }
}
