/** A container's log: what its console printed and its monitor told, over all boots that are kept. */
import { once } from 'node:events';
import { existsSync, watch, type FSWatcher } from 'node:fs';
import { TlxcError } from '../../errors.ts';
import { watchMonitor } from '../../monitor/client.ts';
import { refuseMissing } from '../not-defined.ts';
import type { ContainerPaths } from '../paths.ts';
import { JournalReader } from './files.ts';
import type { LogRecord } from './record.ts';
import { filtered, selectRecords, type LogSelection } from './select.ts';

/** What is read of a log, and whether what comes later is, too. */
export interface LogOptions extends LogSelection {
  /** Go on with what comes: until the signal is aborted, or with 'stop' until the container has stopped. */
  readonly follow?: boolean | 'stop';
  readonly signal?: AbortSignal;
}

function nothingKept({ name, logDir }: ContainerPaths): TlxcError {
  return new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: `${name} has no log`,
    container: name,
    path: logDir,
    hint: 'it is kept from its next start on, unless tlxc.log.size = 0 is set (tlxc-config tlxc.log.size)',
  });
}

function unwatchable(directory: string, cause: unknown): TlxcError {
  const { code: errno = '' } = cause as NodeJS.ErrnoException;
  const limits = errno === 'ENOSPC' || errno === 'EMFILE';
  return new TlxcError({
    ...{ code: 'TLXC_E_SYSCALL', message: `cannot follow what changes in ${directory}` },
    ...{ syscall: 'inotify_add_watch', errno, path: directory, cause },
    ...(limits && {
      hint: 'the host watches too many files: sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024',
    }),
  });
}

/** Tells that something has changed in a directory since it was last asked. */
class Changes {
  readonly #signal: AbortSignal;
  readonly #watcher: FSWatcher;
  #pending = false;
  #failure: TlxcError | undefined;

  /** Throws TLXC_E_SYSCALL where the host cannot watch it. */
  constructor(directory: string, signal: AbortSignal) {
    this.#signal = signal;
    try {
      this.#watcher = watch(directory);
    } catch (error) {
      throw unwatchable(directory, error);
    }
    this.#watcher.on('change', () => (this.#pending = true));
    this.#watcher.on('error', (error) => (this.#failure = unwatchable(directory, error)));
  }

  /** Resolves at once where something has, else when it does or the signal is aborted. */
  async next(): Promise<void> {
    const signal = this.#signal;
    if (!this.#pending && !this.#failure)
      await once(this.#watcher, 'change', { signal }).catch(() => undefined);
    this.#pending = false;
    if (this.#failure) throw this.#failure;
  }

  close(): void {
    this.#watcher.close();
  }
}

async function whenThere({ dir, logDir }: ContainerPaths, signal: AbortSignal): Promise<void> {
  const changes = new Changes(dir, signal);
  try {
    while (!existsSync(logDir) && existsSync(dir) && !signal.aborted) await changes.next();
  } finally {
    changes.close();
  }
}

async function untilStopped(paths: ContainerPaths, signal: AbortSignal): Promise<void> {
  const events = watchMonitor(paths, -1, signal);
  while (!(await events.next()).done);
}

/** Yields what comes, until the signal is aborted; then what has come till then. */
async function* followed(
  reader: JournalReader,
  { dir, logDir }: ContainerPaths,
  selection: LogSelection,
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  const changes = new Changes(logDir, signal);
  try {
    for (let last = false; !last;) {
      // Destroyed, its directory is somewhere else for a while.
      last = signal.aborted || !existsSync(dir);
      yield* filtered(reader.read(), selection);
      if (!last) await changes.next();
    }
  } finally {
    changes.close();
  }
}

/**
 * The records of the container's log, and with `follow` those to come. Throws TLXC_E_NOT_FOUND where there is no
 * container, no log or no such boot, TLXC_E_PERMISSION.
 */
export async function* readLog(
  paths: ContainerPaths,
  options: LogOptions = {},
): AsyncGenerator<LogRecord, void, undefined> {
  const { follow = false, signal } = options;
  refuseMissing(paths);
  const end = new AbortController();
  const stop = (): void => end.abort();
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  const reader = new JournalReader(paths.logDir);
  try {
    if (follow) await whenThere(paths, end.signal);
    else if (!existsSync(paths.logDir)) throw nothingKept(paths);
    yield* selectRecords(reader.read(), options);
    if (follow === false || !existsSync(paths.logDir)) return;
    let failure: unknown;
    const life = follow === 'stop' ? untilStopped(paths, end.signal) : undefined;
    life?.catch((error: unknown) => (failure = error)).finally(stop);
    yield* followed(reader, paths, options, end.signal);
    if (failure) throw failure as Error;
  } finally {
    signal?.removeEventListener('abort', stop);
    reader.close();
    stop();
  }
}
