/** The one error class of TLXC. Words for people are made here and in cli/; everything below passes data. */
import { withReason } from './errno.ts';
import { remedyOf } from './remedy.ts';
import type { Problem, SourceLocation } from './problem.ts';

export type { SourceLocation } from './problem.ts';

/** Every code that a TlxcError may have, and what it says. Programs match on codes: message texts may change, codes do not. */
export const ERROR_CODES = {
  TLXC_E_USAGE: 'what was asked for makes no sense: an unknown option, a missing argument',
  TLXC_E_CONFIG: 'a configuration is wrong; all of its problems are in `details.problems`',
  TLXC_E_NAME: 'no container may have that name',
  TLXC_E_EXISTS: 'there is a container of that name already',
  TLXC_E_NOT_FOUND: 'there is no such container, snapshot, image, device, file or group file',
  TLXC_E_RUNNING: 'the container runs, and must not for that',
  TLXC_E_NOT_RUNNING: 'the container does not run, and must for that',
  TLXC_E_FROZEN: 'the container is frozen, and nothing can run in it',
  TLXC_E_UNRESPONSIVE: "the container's monitor does not answer",
  TLXC_E_BUSY: 'somebody else works with it, or needs it',
  TLXC_E_TIMEOUT: 'it was not done in time',
  TLXC_E_ABORTED: 'the AbortSignal that was given with it was aborted',
  TLXC_E_COMMAND: 'a command in the container ended with another status than 0, or by a signal',
  TLXC_E_PERMISSION: 'the caller may not do that',
  TLXC_E_UNSUPPORTED: 'this host, kernel or backing store cannot do that',
  TLXC_E_SYSCALL: 'the kernel refused; `details` has step, syscall, errno and path',
  TLXC_E_TEMPLATE: 'a template failed',
  TLXC_E_IMAGE: 'an image could not be found, fetched or believed',
  TLXC_E_NETWORK: 'the bridge, or an interface, could not be had',
  TLXC_E_STORAGE: 'a root filesystem could not be made, copied or removed',
  TLXC_E_HOOK: 'a hook of the configuration failed',
  TLXC_E_INTERNAL: 'a mistake of TLXC itself, or a damaged installation',
} as const;

/** One of `ERROR_CODES`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** What a TlxcError is made of. */
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
  /** What the container's console has shown last, as it was printed. */
  readonly console?: readonly string[];
  readonly cause?: unknown;
}

/** Whatever fails in TLXC. Its `name` is TlxcError; AbortError with TLXC_E_ABORTED, as programs expect of an AbortSignal. */
export class TlxcError extends Error {
  /** Stable. */
  readonly code: ErrorCode;
  /** Everything that is known of the failure. */
  readonly details: ErrorDetails;

  /** From what is known of the failure. */
  constructor(details: ErrorDetails) {
    super(
      withReason(details.message, details.errno),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = details.code === 'TLXC_E_ABORTED' ? 'AbortError' : 'TlxcError';
    this.code = details.code;
    // At once, though it may look at a filesystem that is full: what is cleaned up before anybody reads it makes room there.
    const hint = remedyOf(details);
    this.details = hint === undefined ? details : { ...details, hint };
  }

  /** What it is about: the container's name, else the path; undefined where it is about neither. */
  get object(): string | undefined {
    return this.details.container ?? this.details.path;
  }

  /** What can be done about it; undefined where nothing is known. */
  get hint(): string | undefined {
    return this.details.hint;
  }
}

/** TLXC_E_USAGE: of a request that makes no sense, with what would. */
export const usageError = (message: string, hint: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_USAGE', message, hint });
