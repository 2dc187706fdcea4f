/** How a command in a container ended, and the error where that is a failure. */
import { printable } from '../../control-characters.ts';
import { TlxcError, type ErrorCode } from '../../errors.ts';
import { shellWord } from '../../shell-word.ts';

/** How a command ended, and what it printed. */
export interface CommandResult {
  /** Its exit status; null where a signal ended it. 126 and 127: it could not be run. */
  readonly status: number | null;
  /** What ended it; null where it ended by itself. */
  readonly signal: NodeJS.Signals | null;
  /** Unless it went elsewhere (ExecOptions.stdout). */
  readonly stdout: string;
  /** Unless it went elsewhere (ExecOptions.stderr). */
  readonly stderr: string;
}

/** What a CommandError is made from. */
export interface CommandFailure {
  readonly container: string;
  readonly argv: readonly string[];
  readonly result: CommandResult;
  readonly why: 'failed' | 'timeout' | 'aborted' | 'overflow' | 'output';
  /** SIGKILL did not end it in time either. */
  readonly stuck?: boolean;
  /** Milliseconds of a timeout. */
  readonly limit: number;
  readonly cause?: unknown;
}

const CODES: Readonly<Record<CommandFailure['why'], ErrorCode>> = {
  failed: 'TLXC_E_COMMAND',
  overflow: 'TLXC_E_COMMAND',
  output: 'TLXC_E_COMMAND',
  timeout: 'TLXC_E_TIMEOUT',
  aborted: 'TLXC_E_ABORTED',
};

const LONGEST = 200;

/** argv as a person would type it, and not too much of it. */
function typed(argv: readonly string[]): string {
  const line = argv.map(shellWord).join(' ');
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

function ending({ why, limit, result: { status, signal } }: CommandFailure): string {
  if (why === 'timeout') return `did not end within ${limit / 1000} s`;
  if (why === 'aborted') return 'was aborted';
  if (why === 'output') return 'was ended, for what it printed could not be passed on';
  if (why === 'overflow') return 'printed more than is captured (maxCapture)';
  return signal === null ? `exit status ${String(status)}` : `ended by ${signal}`;
}

function messageOf(failure: CommandFailure): string {
  const last = failure.result.stderr.trimEnd().split('\n').at(-1) ?? '';
  const words = last === '' ? '' : `: ${last.slice(0, LONGEST)}`;
  // The container chose its words: they are not to drive the terminal of who reads the message.
  return printable(`${typed(failure.argv)}: ${ending(failure)}${words}`);
}

const HINTS: Readonly<Partial<Record<CommandFailure['why'], string>>> = {
  failed: 'check: false gives the result instead of an error',
  timeout: 'timeoutMs gives it longer',
  overflow: "stdout: 'pipe', or a stream, takes any amount",
};

/**
 * A command that failed: TLXC_E_COMMAND by its status or a signal, TLXC_E_TIMEOUT, TLXC_E_ABORTED. It has all of the
 * result.
 */
export class CommandError extends TlxcError implements CommandResult {
  /** What was run. */
  readonly argv: readonly string[];
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;

  /** @internal */
  constructor(failure: CommandFailure) {
    const { container, argv, result, why, cause } = failure;
    const stuck = `it is not dead yet: where it is frozen, tlxc-unfreeze -n ${container} lets it die`;
    const hint = failure.stuck === true ? stuck : HINTS[why];
    const about = { code: CODES[why], message: messageOf(failure), container };
    super({ ...about, ...(hint !== undefined && { hint }), ...(cause !== undefined && { cause }) });
    this.argv = argv;
    this.status = result.status;
    this.signal = result.signal;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
  }
}
