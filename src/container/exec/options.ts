/** How a command is run in a container. */
import type { Readable, Writable } from 'node:stream';
import type { Elevation } from '../../plan/attach.ts';
import type { Namespace } from '../../plan/types.ts';
import type { Environment } from '../../environment.ts';

/**
 * What a command reads: nothing, a stream of its own to write to, this process's own standard input, or what is given. A terminal
 * is never handed to the command: what is typed there is passed on.
 */
export type Input = 'ignore' | 'pipe' | 'inherit' | Uint8Array | Readable;
/**
 * Where a command's words go: into its result, a stream of its own to read from, this process's own standard output or
 * error (a terminal is never handed to the command: what it prints is passed on), a stream that is given (and ended then,
 * unless it is this process's), or nowhere.
 */
export type Output = 'capture' | 'pipe' | 'inherit' | 'ignore' | Writable;

/** How a command is run in a container. */
export interface ExecOptions {
  /** Inside the container: a name or number, `USER` or `USER:GROUP`, with the groups its /etc/group says. Default: root. */
  readonly user?: string;
  /** Inside the container, instead of the user's; 0 unless given. */
  readonly uid?: number;
  /** Inside the container, instead of the user's; 0 unless given. */
  readonly gid?: number;
  /** Working directory inside; / unless given. Nothing runs where it cannot be entered. */
  readonly cwd?: string;
  /** Added to PATH, HOME, USER, SHELL, container=lxc and the container's own lxc.environment. Nothing comes from this process, and what is undefined is left out. */
  readonly env?: Environment;
  /** Default: nothing. */
  readonly stdin?: Input;
  /** A text that the command reads, instead of `stdin`. */
  readonly input?: string;
  /** Default: capture. */
  readonly stdout?: Output;
  /** Default: capture. */
  readonly stderr?: Output;
  /** The command gets a terminal of this size; what it prints, errors too, is its standard output. true: 24 rows, 80 columns. */
  readonly tty?: boolean | { readonly rows: number; readonly columns: number };
  /** Milliseconds, after which it is ended and TLXC_E_TIMEOUT thrown, a few seconds later at most; no limit unless given, nor with -1 or Infinity. */
  readonly timeoutMs?: number;
  /** Ends it when aborted; TLXC_E_ABORTED is thrown. */
  readonly signal?: AbortSignal;
  /** What ends it after `timeoutMs`, or by `signal`: SIGTERM unless given, and SIGKILL where it goes on for five seconds. */
  readonly killSignal?: NodeJS.Signals;
  /** Bytes of each stream that are captured at most, before it is killed and TLXC_E_COMMAND thrown; 64 MiB unless given. */
  readonly maxCapture?: number;
  /** false: a status that is not 0, and a signal, are no error but told by the result. */
  readonly check?: boolean;
  /** What stays the caller's instead of the container's: its group, capabilities, LSM label and filter (tlxc-attach -e). true: all. */
  readonly elevated?: boolean | Partial<Elevation>;
  /** Only these namespaces of the container are entered, and everything stays the caller's (tlxc-attach -s). */
  readonly namespaces?: readonly Namespace[];
  /** The architecture to show; the container's unless given. */
  readonly personality?: 'linux32' | 'linux64';
}
