/** Freezes running containers, and thaws them. */
import { existsSync } from 'node:fs';
import { errnoName } from '../../errno.ts';
import { TlxcError, type ErrorDetails } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { Refusal, Reply } from '../../monitor/protocol.ts';
import { native } from '../../native/binding.ts';
import { readableText } from '../../readable-text.ts';
import { milliseconds } from '../milliseconds.ts';
import { notRunning } from '../not-running.ts';
import type { ContainerPaths } from '../paths.ts';
import { stuckProcess } from './stuck-process.ts';
import { unresponsive } from '../unresponsive.ts';

/** How a container is frozen (tlxc-freeze). */
export interface FreezeOptions {
  /** Milliseconds until a freeze that does not come about is taken back; 10,000 unless given, -1: never. */
  readonly timeoutMs?: number;
}

const DEFAULT_MS = 10_000;
/** What the protocol has for ever: 24 days. */
const FOR_EVER_MS = 2 ** 31 - 1;
/** For the monitor to say that the time is over. */
const GRACE_MS = 2_000;

/** The command line of a process, "" where it is gone. */
const commandOf = (pid: string): string =>
  readableText(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 200);

async function tooSlow(paths: ContainerPaths, timeoutMs: number): Promise<ErrorDetails> {
  const stuck = await stuckProcess(paths);
  const message = `not frozen within ${timeoutMs / 1000} s, so it runs on`;
  return {
    code: 'TLXC_E_TIMEOUT',
    message: stuck === '' ? message : `${message}: ${stuck} waits in the kernel`,
    hint: `it waits for a device or a file server that does not answer; once it does, try again, or give it longer: tlxc-freeze -t 60 -n ${paths.name}`,
  };
}

/** What a refusal of the monitor means to a person. */
function meaning(paths: ContainerPaths, refusal: Refusal): ErrorDetails {
  const { error, errno, syscall, path, detail = '' } = refusal;
  switch (error) {
    case 'not-running':
      return notRunning(paths).details;
    case 'stopped':
      return { code: 'TLXC_E_NOT_RUNNING', message: 'it stopped before it was frozen' };
    case 'thawed':
      return { code: 'TLXC_E_BUSY', message: 'another command thawed it before it was frozen' };
    case 'held': {
      const command = commandOf(detail);
      const who = `process ${detail}${command && ` (${command})`}`;
      const hint = 'it runs again when that is done';
      return { code: 'TLXC_E_BUSY', message: `cannot thaw: ${who} needs it frozen`, hint };
    }
    case 'frozen-above':
      return {
        code: 'TLXC_E_BUSY',
        message: 'cannot thaw: a control group above that of the container is frozen',
        hint: 'thaw that one: look for cgroup.freeze (v2) or freezer.state (v1) in the directories above',
      };
    case 'no-freezer':
      return {
        code: 'TLXC_E_UNSUPPORTED',
        message: 'it has no control group that can be frozen',
        hint: "it takes cgroup v2, or a group of version 1's freezer (lxc.cgroup.use in tlxc.conf), from its start on; to copy or keep it, stop it: that takes neither",
      };
    default:
      return {
        code: 'TLXC_E_SYSCALL',
        message: `cannot ${path === undefined ? `do that: ${error}` : `write ${path}`}`,
        ...(errno !== 0 && { errno: errnoName(errno) }),
        ...(syscall !== undefined && { syscall }),
        ...(path !== undefined && { path }),
      };
  }
}

const refused = (paths: ContainerPaths, refusal: Refusal): TlxcError =>
  new TlxcError({ container: paths.name, ...meaning(paths, refusal) });

/** As refused; looks for what is in the way where the freeze took too long. */
const notFrozen = async (paths: ContainerPaths, refusal: Refusal, timeoutMs: number): Promise<TlxcError> =>
  refusal.error === 'too-slow'
    ? new TlxcError({ container: paths.name, ...(await tooSlow(paths, timeoutMs)) })
    : refused(paths, refusal);

/** The second answer to a freeze. */
async function outcome(paths: ContainerPaths, connection: number, timeoutMs: number): Promise<Reply> {
  const text = await native().nextEvent({ connection, timeoutMs: timeoutMs + GRACE_MS });
  if (text === null) throw unresponsive(paths.name);
  return text === '' ? { ok: false, error: 'stopped', errno: 0 } : (JSON.parse(text) as Reply);
}

interface Wish {
  /** Frozen no longer than the connection is open. */
  readonly hold: boolean;
  readonly timeoutMs: number;
}

/** Resolves to the connection to the monitor once it is frozen; the caller closes it. */
async function freeze(paths: ContainerPaths, { hold, timeoutMs: asked }: Wish): Promise<number> {
  const limitMs = milliseconds('timeoutMs', asked);
  const timeoutMs = limitMs < 0 ? FOR_EVER_MS - GRACE_MS : limitMs;
  const result = askMonitor(paths, { op: 'freeze', hold, timeoutMs }, { keep: true });
  if (result.kind === 'stopped') throw notRunning(paths);
  if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
  try {
    if (!result.reply.ok) throw refused(paths, result.reply);
    const reply = await outcome(paths, result.connection, timeoutMs);
    if (!reply.ok) throw await notFrozen(paths, reply, timeoutMs);
  } catch (error) {
    native().closeFd(result.connection);
    throw error;
  }
  return result.connection;
}

/**
 * Resolves when every process of the container is frozen; it stays so until it is thawed. One that is frozen already is
 * no error. Throws TLXC_E_NOT_RUNNING, TLXC_E_NOT_FOUND, TLXC_E_TIMEOUT (it runs on then), TLXC_E_UNRESPONSIVE,
 * TLXC_E_UNSUPPORTED, TLXC_E_SYSCALL.
 */
export async function freezeContainer(paths: ContainerPaths, options: FreezeOptions = {}): Promise<void> {
  const { timeoutMs = DEFAULT_MS } = options;
  native().closeFd(await freeze(paths, { hold: false, timeoutMs }));
}

/**
 * Lets a frozen container run again; one that is not frozen, or does not run, is no error. Throws TLXC_E_NOT_FOUND,
 * TLXC_E_UNRESPONSIVE, TLXC_E_BUSY where somebody's work needs it frozen.
 */
export function thawContainer(paths: ContainerPaths): void {
  const result = askMonitor(paths, { op: 'unfreeze' });
  if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
  if (result.kind === 'answer' && result.reply.ok) return;
  if (result.kind === 'answer' && !result.reply.ok && result.reply.error !== 'not-running')
    throw refused(paths, result.reply);
  if (!existsSync(paths.config)) throw notRunning(paths);
}

/**
 * Runs `work` while the container is frozen, if it runs at all. Then it runs again, in every case: when `work` fails, and
 * when this process is killed. One that was frozen before stays so. Throws what `work` throws and freezeContainer does.
 */
export async function whileFrozen<T>(
  paths: ContainerPaths,
  work: () => T | Promise<T>,
  options: FreezeOptions = {},
): Promise<T> {
  const { timeoutMs = DEFAULT_MS } = options;
  let connection: number;
  try {
    connection = await freeze(paths, { hold: true, timeoutMs });
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    if (error.code !== 'TLXC_E_NOT_RUNNING' && error.code !== 'TLXC_E_NOT_FOUND') throw error;
    return work();
  }
  try {
    return await work();
  } finally {
    native().closeFd(connection);
    // It answers after it has seen the end of that connection: the container runs when this returns.
    askMonitor(paths, { op: 'info' });
  }
}
