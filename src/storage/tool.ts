/** Programs that manage volumes: asked, and told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { TlxcError } from '../errors.ts';
import { programError, runProgram, startProgram, type Ended, type RunningProgram } from '../host/program.ts';

/** Whether argv succeeds; its words do not matter. */
export const succeeds = async (...argv: readonly string[]): Promise<boolean> =>
  (await startProgram(argv).ended).status === 0;

/** What argv complains of, in its last line; null: it succeeds. */
export async function complaintOf(...argv: readonly string[]): Promise<string | null> {
  const { program, status, errorLines } = await startProgram(argv).ended;
  return status === 0 ? null : (errorLines.at(-1) ?? `${program} fails without a word`);
}

/** Whether argv finds something: false where it says, in words that `absent` matches, that it is not there. Throws TLXC_E_STORAGE. */
export async function finds(absent: RegExp, ...argv: readonly string[]): Promise<boolean> {
  const ended = await startProgram(argv).ended;
  if (ended.status === 0) return true;
  if (absent.test(ended.errorLines.join('\n'))) return false;
  throw programError(ended, { code: 'TLXC_E_STORAGE', what: `${argv.join(' ')} gave no answer` });
}

/** The first line that argv prints, without blanks; "" where it fails. */
export async function answerOf(...argv: readonly string[]): Promise<string> {
  const lines: string[] = [];
  const { status } = await startProgram(argv, { stdout: (line) => void lines.push(line) }).ended;
  return status === 0 ? (lines[0] ?? '').trim() : '';
}

/** null: it has not ended by then, and is killed. */
async function endedWithin({ child, ended }: RunningProgram, milliseconds: number): Promise<Ended | null> {
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    // One that the kernel does not let go keeps its streams open.
    for (const stream of [child.stdout, child.stderr]) stream?.destroy();
    child.unref();
  }, milliseconds);
  // Keeps this process, which has nothing else to wait for then.
  const inTime = new AbortController();
  const late = sleep(milliseconds + 100, null, { signal: inTime.signal }).catch(() => null);
  const outcome = await Promise.race([ended, late]);
  clearTimeout(timer);
  inTime.abort();
  return outcome?.signal === 'SIGKILL' ? null : outcome;
}

const USAGE_MS = 2_000;

/**
 * The lines that argv prints, however it ends: of several names that it was asked for it tells those that there are. For what
 * is only shown: a tool that waits for a lock or a disk is not waited for, [] then.
 */
export async function linesSoon(...argv: readonly string[]): Promise<readonly string[]> {
  const lines: string[] = [];
  const running = startProgram(argv, { stdout: (line) => void lines.push(line) });
  return (await endedWithin(running, USAGE_MS)) === null ? [] : lines;
}

const PATIENCE_MS = 60_000;

/** What tellWithin tells of a program that was not done in time. */
interface Patience {
  /** What has failed then. */
  readonly what: string;
  /** What to do. */
  readonly hint: string;
  /** How long it is waited for. Default: a minute. */
  readonly milliseconds?: number;
}

/** As tell, of what may wait for another machine for ever: it is killed in the end. */
export async function tellWithin(patience: Patience, ...argv: readonly string[]): Promise<void> {
  const { what, hint, milliseconds = PATIENCE_MS } = patience;
  const ended = await endedWithin(startProgram(argv), milliseconds);
  if (ended?.status === 0) return;
  if (ended !== null) throw programError(ended, { code: 'TLXC_E_STORAGE', what });
  const message = `${what}: ${argv[0] ?? ''} was not done within ${milliseconds / 1000} s`;
  throw new TlxcError({ code: 'TLXC_E_STORAGE', message, hint });
}

/** Throws TLXC_E_STORAGE with the program's own words. */
export async function tell(what: string, ...argv: readonly string[]): Promise<void> {
  await runProgram(argv, { code: 'TLXC_E_STORAGE', what });
}
