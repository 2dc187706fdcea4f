/** Programs of the host run as our children: they die with us, and how they ended is never lost. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError, type ErrorCode } from '../errors.ts';
import { ignoringAsWell } from './ignored-signals.ts';
import { quotaHint, roomHint } from '../room.ts';

export interface ProgramOptions {
  /** Standard input: a descriptor, or 'pipe' for the child's own `stdin` stream. Default: nothing. */
  readonly stdin?: number | 'pipe';
  /** Standard output: 'pipe' for the child's own stream, a descriptor, another child's `stdin`, or what gets its lines. Default: nowhere. */
  readonly stdout?: 'pipe' | number | Writable | ((line: string) => void);
  /** Standard error as a descriptor; else its lines are read. */
  readonly stderr?: number;
  /** Gets the lines of standard error as they come, beside the last of them being kept. */
  readonly onErrorLine?: (line: string) => void;
  /** The whole environment. Default: a plain PATH and the C.UTF-8 locale. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What a failure calls the program: argv's first word, unless that only prepares the way for it. */
  readonly name?: string;
  /** Descriptors that become 3, 4 … */
  readonly pass?: readonly number[];
  /** Options of setpriv(1) beside the parent-death signal: privileges given up before the program runs. */
  readonly privileges?: readonly string[];
}

export interface Ended {
  readonly program: string;
  /** null when a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
  /** The last lines of standard error, at most KEPT_LINES. */
  readonly errorLines: readonly string[];
}

export interface RunningProgram {
  readonly child: ChildProcess;
  /** Never rejects but for a program that could not be started at all. */
  readonly ended: Promise<Ended>;
}

const KEPT_LINES = 20;
/** What programs of the host are given: they find each other, and say the same everywhere. */
export const PLAIN_ENVIRONMENT = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };

/**
 * What spawn has given; throws where this process has no descriptors left for it, which Node tells by an event, and by streams
 * that are not there. A signal to a child that does not run would go to whatever is in the place of its process id: Node takes
 * 0 for one, which is our whole process group, the caller's programs with it.
 */
export function spawned<Child extends ChildProcess>(child: Child): Child {
  if (child.pid !== undefined) return child;
  child.kill = () => false;
  if (Object.hasOwn(child, 'stdio')) return child;
  child.on('error', () => undefined);
  const [code, syscall, path] = ['EMFILE', 'spawn', child.spawnfile];
  throw Object.assign(new Error(`${syscall} ${path}: ${code}`), { code, syscall, path });
}

/** Starts argv. The kernel kills it (SIGKILL) when this process ends, however it ends. */
export function startProgram(argv: readonly string[], options: ProgramOptions = {}): RunningProgram {
  const { stdin = 'ignore', stdout } = options;
  const wantsLines = typeof stdout === 'function';
  const words = ['--pdeathsig', 'KILL', ...(options.privileges ?? []), '--', ...ignoringAsWell(argv)];
  const child = spawned(
    spawn('setpriv', words, {
      stdio: [
        stdin,
        wantsLines ? 'pipe' : (stdout ?? 'ignore'),
        options.stderr ?? 'pipe',
        ...(options.pass ?? []),
      ],
      env: options.environment ?? PLAIN_ENVIRONMENT,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    }),
  );
  const errorLines: string[] = [];
  eachLine(child.stderr, (line) => {
    options.onErrorLine?.(line);
    if (line.trim() !== '') errorLines.push(line);
    if (errorLines.length > KEPT_LINES) errorLines.shift();
  });
  if (wantsLines) eachLine(child.stdout, stdout);
  const ended = once(child, 'close').then(([status, signal]) => {
    return {
      program: options.name ?? argv[0] ?? '',
      status: status as number | null,
      signal: signal as string | null,
      errorLines,
    };
  });
  // Who waits for its streams first, and fails with them, is not ended by what nobody has asked for yet.
  ended.catch(() => undefined);
  return { child, ended };
}

/** What the kernel is given to take a killed program down. */
const DYING_MS = 1000;

/**
 * How the program ended; it is killed when the time is over. One that waits in the kernel even then (for a filesystem that does not
 * answer) dies when it can: nobody waits for that, and this process can end.
 */
export async function endedWithin(
  { child, ended }: RunningProgram,
  milliseconds: number,
): Promise<Pick<Ended, 'status' | 'signal'>> {
  const timer = setTimeout(() => child.kill('SIGKILL'), milliseconds);
  const given = new AbortController();
  const over = sleep(milliseconds + DYING_MS, undefined, { signal: given.signal }).then(() => {
    child.unref();
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    return { status: null, signal: 'SIGKILL' };
  });
  over.catch(() => undefined);
  try {
    return await Promise.race([ended, over]);
  } finally {
    clearTimeout(timer);
    given.abort();
  }
}

/** Characters. A longer line is given in parts of at least so many: no program has this one fill its memory, or look at a line again and again. */
const LONG_LINE = 64 * 1024;

/**
 * Lines end at \n, \r\n or \r. node:readline takes three times as long for a listing of ten thousand, and ends lines at U+2028,
 * too, which names of files may have.
 */
function eachLine(stream: Readable | null, handle: (line: string) => void): void {
  let parts: string[] = [];
  let length = 0;
  let endsInReturn = false;
  const give = (): void => {
    handle(parts.join(''));
    [parts, length] = [[], 0];
  };
  const hold = (part: string): void => {
    parts.push(part);
    length += part.length;
    if (length >= LONG_LINE) give();
  };
  stream?.setEncoding('utf8').on('data', (text: string) => {
    // The other half of a line's end.
    const lines = (endsInReturn && text.startsWith('\n') ? text.slice(1) : text).split(/\r\n|\n|\r/);
    endsInReturn = text.endsWith('\r');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      parts.push(line);
      give();
    }
    if (last !== '') hold(last);
  });
  stream?.on('end', () => {
    if (parts.length > 0) give();
  });
}

/** What a program was run for, as its failure is told. */
export interface ProgramFailure {
  readonly code: ErrorCode;
  /** What could not be done, and with which object. */
  readonly what: string;
  /** What can be done; else to mend what the program complains of. */
  readonly hint?: string;
  /** Its last words were seen as it wrote them. */
  readonly seen?: boolean;
  /** Where it writes: an absolute path on the filesystem that may be full. */
  readonly writesTo?: string;
}

/** Runs argv to its end; throws TlxcError with `code` and `what` where it fails. Resolves to how it ended. */
export async function runProgram(
  argv: readonly string[],
  failure: ProgramFailure,
  options: ProgramOptions = {},
): Promise<Ended> {
  const ended = await startProgram(argv, options).ended;
  if (ended.status !== 0) throw programError(ended, failure);
  return ended;
}

/** The error for a program that failed: what was being done, how it ended, and its own last words. */
export function programError(ended: Ended, failure: ProgramFailure): TlxcError {
  const { program, signal, status, errorLines } = ended;
  const how = signal === null ? `exit status ${status}` : `killed by ${signal}`;
  const words = failure.seen ? '' : errorLines.slice(-3).map(readable).join('; ');
  return new TlxcError({
    code: failure.code,
    message: `${failure.what}: ${words === '' ? `${program}: ${how}` : `${words} (${program}: ${how})`}`,
    hint: hintOf(ended, failure),
  });
}

/** What our own programs tell of a step that failed is data. Others may print what begins so, or be cut off. */
function readable(line: string): string {
  if (!line.startsWith('{"kind":"failed",')) return line;
  try {
    const { errno, ...words } = JSON.parse(line) as { errno: number } & Record<string, string>;
    const { step, syscall, path, detail } = words;
    return `${[step, syscall, path, detail].filter(Boolean).join(', ')}: ${errnoWords(errnoName(errno))}`;
  } catch {
    return line;
  }
}

/** They only prepare the way for the program that complains. */
const WRAPPERS: ReadonlySet<string> = new Set(['unshare', 'nsenter', 'setpriv', 'xargs', 'tlxc-mapped']);

/** As the C library says it in the C locale; a name in a line never ends it so. */
const NO_ROOM = /: (No space left on device|Disk quota exceeded)$/;

function hintOf({ program, signal, errorLines }: Ended, { hint, writesTo }: ProgramFailure): string {
  const [full] = errorLines.flatMap((line) => NO_ROOM.exec(line)?.[1] ?? []);
  if (full !== undefined) {
    const known = writesTo && (full.startsWith('Disk') ? quotaHint(writesTo) : roomHint(writesTo));
    return known || 'make room (df tells where it is short), or choose another place';
  }
  if (signal === 'SIGPIPE') return 'what was to read it has ended: see what that complains of';
  if (signal === 'SIGXFSZ') return 'raise the limit of the size of files (ulimit -f)';
  if (signal !== null) return 'dmesg tells whether memory ran out';
  if (errorLines.some((line) => /: Input\/output error$/.test(line)))
    return 'look for failures of the disk (dmesg)';
  if (hint !== undefined) return hint;
  const name = basename(program);
  return WRAPPERS.has(name)
    ? `mend what is complained of, and try again`
    : `mend what ${name} complains of, and try again`;
}
