/** A command in a container: a promise of how it ends, and meanwhile a process. */
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TlxcError } from '../../errors.ts';
import { native } from '../../native/binding.ts';
import { whyNotEntered } from '../attach/not-entered.ts';
import { milliseconds } from '../milliseconds.ts';
import { CommandError, type CommandResult } from './command-error.ts';
import type { ExecOptions } from './options.ts';
import type { CommandStreams } from './streams.ts';
import { processEnd } from './wait-status.ts';

/** A command that has been started. */
export interface Process {
  readonly pid: number;
  readonly streams: (onOverflow: () => void) => CommandStreams;
}

/** What a RunningCommand is made from. */
export interface CommandStart {
  readonly container: string;
  readonly argv: readonly string[];
  readonly options: ExecOptions;
  readonly start: () => Process;
}

/** Between the signal that ends a command and SIGKILL. */
const FORCE_MS = 5_000;
/** Between SIGKILL and the end of patience. */
const STUCK_MS = 2_000;
/** For what an ended command has printed to arrive, while something that it has started holds its streams open. */
const DRAIN_MS = 100;

/** Why a command was ended before its own end. */
type Ended = 'timeout' | 'aborted' | 'overflow' | 'output';

async function failed(error: unknown): Promise<never> {
  throw await whyNotEntered(error);
}

/**
 * A command that runs in a container. Awaited, it gives how the command ended and what it printed; it rejects with a
 * CommandError where the command failed (see ExecOptions.check), and with the TlxcError that kept it from being started.
 */
export class RunningCommand implements Promise<CommandResult> {
  /** In the host's PID namespace; undefined where it could not be started. */
  readonly pid: number | undefined;
  /** With `stdin: 'pipe'` what it reads is written here, and ended. */
  readonly stdin: Writable | null;
  /** With `stdout: 'pipe'`. */
  readonly stdout: Readable | null;
  /** With `stderr: 'pipe'`, but for a command that has a terminal. */
  readonly stderr: Readable | null;
  readonly [Symbol.toStringTag] = 'RunningCommand';
  readonly #start: CommandStart;
  readonly #streams: CommandStreams | null = null;
  readonly #result: Promise<CommandResult>;
  #runs = false;
  #ended: Ended | null = null;
  #cutNow: () => void = () => undefined;
  /** Resolves where it is ended before its own end. */
  readonly #cut = new Promise<void>((resolve) => (this.#cutNow = resolve));
  #force: NodeJS.Timeout | undefined;
  #giveUp: () => void = () => undefined;
  /** Resolves where not even SIGKILL ends it: it is frozen, or stuck in the kernel. */
  readonly #stuck = new Promise<null>((resolve) => (this.#giveUp = () => resolve(null)));

  /** @internal */
  constructor(start: CommandStart) {
    this.#start = start;
    try {
      if (start.options.signal?.aborted) throw this.#aborted();
      const { pid, streams } = start.start();
      this.pid = pid;
      this.#runs = true;
      this.#streams = streams(() => this.#end('overflow'));
      this.#result = this.#finish(pid, this.#streams);
    } catch (error) {
      this.#result = failed(error);
    }
    this.stdin = this.#streams?.stdin ?? null;
    this.stdout = this.#streams?.stdout ?? null;
    this.stderr = this.#streams?.stderr ?? null;
  }

  /**
   * Sends a signal to the command and its process group, what it has started in the foreground among it: SIGTERM unless
   * given. false: it has ended.
   */
  kill(signal: NodeJS.Signals | number = 'SIGTERM'): boolean {
    if (!this.#runs || this.pid === undefined) return false;
    for (const target of [-this.pid, this.pid]) {
      try {
        return process.kill(target, signal);
      } catch (error) {
        // It leads no group of its own yet.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return false;
  }

  /** Gives its terminal another size; false: it has none. */
  resize({ rows, columns }: { readonly rows: number; readonly columns: number }): boolean {
    const terminal = this.#streams?.terminal ?? -1;
    return this.#runs && terminal >= 0 && native().setWindowSize({ terminal, rows, columns });
  }

  then<R = CommandResult, E = never>(
    onFulfilled?: ((result: CommandResult) => R | PromiseLike<R>) | null,
    onRejected?: ((error: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#result.then(onFulfilled, onRejected);
  }

  catch<E = never>(onRejected?: ((error: unknown) => E | PromiseLike<E>) | null): Promise<CommandResult | E> {
    return this.#result.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<CommandResult> {
    return this.#result.finally(onFinally);
  }

  async #finish(pid: number, streams: CommandStreams): Promise<CommandResult> {
    const { timeoutMs = -1, signal } = this.#start.options;
    const limitMs = milliseconds('timeoutMs', timeoutMs);
    const timer = limitMs < 0 ? undefined : setTimeout(() => this.#end('timeout'), limitMs);
    const abort = (): void => this.#end('aborted');
    signal?.addEventListener('abort', abort);
    let broken: unknown;
    const drained = streams.done.catch((error: unknown) => {
      broken = error;
      this.#end('output');
    });
    const exited = native()
      .waitChild({ pid })
      .finally(() => (this.#runs = false));
    try {
      const status = await Promise.race([exited, this.#stuck]);
      if (status === null) native().releaseChild({ pid });
      // What it has started can hold the streams as long as it likes.
      await Promise.race([drained, this.#cut.then(() => sleep(DRAIN_MS))]);
      const end = status === null ? { status: null, signal: null } : processEnd(status);
      return this.#judged({ ...end, ...streams.captured() }, status === null, broken);
    } finally {
      clearTimeout(timer);
      clearTimeout(this.#force);
      signal?.removeEventListener('abort', abort);
      streams.destroy();
    }
  }

  #judged(result: CommandResult, stuck: boolean, cause: unknown): CommandResult {
    const { container, argv, options } = this.#start;
    const failed = { container, argv, result, stuck, limit: options.timeoutMs ?? 0 };
    if (this.#ended === 'aborted') throw this.#aborted(result, stuck);
    if (this.#ended !== null) throw new CommandError({ ...failed, why: this.#ended, cause });
    if ((options.check ?? true) && result.status !== 0) throw new CommandError({ ...failed, why: 'failed' });
    return result;
  }

  #aborted(result?: CommandResult, stuck = false): TlxcError {
    const { container, argv, options } = this.#start;
    const none = { status: null, signal: null, stdout: '', stderr: '' };
    const cause: unknown = options.signal?.reason;
    return new CommandError({
      container,
      argv,
      result: result ?? none,
      why: 'aborted',
      limit: 0,
      cause,
      stuck,
    });
  }

  #end(why: Ended): void {
    if (this.#ended !== null) return;
    this.#ended = why;
    this.#cutNow();
    const { killSignal = 'SIGTERM' } = this.#start.options;
    this.kill(why === 'overflow' || why === 'output' ? 'SIGKILL' : killSignal);
    this.#force = setTimeout(() => {
      this.kill('SIGKILL');
      this.#force = setTimeout(this.#giveUp, STUCK_MS);
    }, FORCE_MS);
  }
}
