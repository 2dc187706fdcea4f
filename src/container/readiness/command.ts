/** Runs a command in the container for its outcome alone, and waits for one that exits 0. */
import { openSync } from 'node:fs';
import { Socket } from 'node:net';
import { TlxcError } from '../../errors.ts';
import { native } from '../../native/binding.ts';
import { NO_ELEVATION } from '../../plan/attach.ts';
import { attachToContainer, type AttachStreams } from '../attach/attach.ts';
import { whyNotEntered } from '../attach/not-entered.ts';
import { isStopped } from '../not-running.ts';
import { lookUntil, type Target } from './target.ts';

export interface Attempt {
  /** As a shell counts: 128 + the signal. */
  readonly exitCode: number;
  /** What it printed last, a few thousand bytes of both streams. */
  readonly output: string;
}

const KEPT = 4096;
/** A command has no event of its own: it is run again, ever more rarely. */
const LOOKS = { firstMs: 50, mostMs: 1000 };

const exitCodeOf = (status: number): number =>
  (status & 0x7f) === 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f);

/** The command leads a session of its own: what it has started goes with it. */
function kill(pid: number): void {
  for (const each of [-pid, pid]) {
    try {
      process.kill(each, 'SIGKILL');
    } catch {
      // it has ended
    }
  }
}

/** What is frozen, or waits for a disk, dies later: nobody stays for that, and init reaps it when we have ended. */
const DYING_MS = 500;

/** null: the signal was aborted, and it did not end soon. Closes the pidfd. */
async function exitOf(pid: number, pidfd: number, signal: AbortSignal): Promise<number | null> {
  let timer: NodeJS.Timeout | undefined;
  const leave = (): void => {
    timer = setTimeout(() => native().stopWaiting({ connection: pidfd }), DYING_MS);
  };
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    // A pidfd is readable at the process's end; there is nothing to be received from it.
    const ended = await native().nextEvent({ connection: pidfd, timeoutMs: -1 });
    return ended === null ? null : exitCodeOf(await native().waitChild({ pid }));
  } finally {
    signal.removeEventListener('abort', leave);
    clearTimeout(timer);
    native().closeFd(pidfd);
  }
}

/** The end of what comes from the pipe, until `close`: somebody in the container may keep the other end open. */
function collect(fd: number): { readonly text: () => string; readonly close: () => void } {
  let kept = Buffer.alloc(0);
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('data', (chunk) => (kept = Buffer.concat([kept, chunk]).subarray(-KEPT)));
  socket.on('error', () => undefined);
  return { text: () => kept.toString(), close: () => socket.destroy() };
}

function enter({ paths, caller }: Target, argv: readonly string[], output: number) {
  const plan = {
    ...{ argv, uid: 0, gid: 0, cwd: '/', cwdAsked: false, elevation: NO_ELEVATION, remount: false },
    environment: { base: 'clear', keep: [], set: [], caller: {} },
  } as const;
  const stdin = openSync('/dev/null', 'r');
  const streams: AttachStreams = { stdio: [stdin, output, output], rows: 0, columns: 0 };
  try {
    return attachToContainer({ paths, program: 'tlxc', caller }, plan, streams);
  } finally {
    for (const fd of [stdin, output]) native().closeFd(fd);
  }
}

/** Why a command could not be run now, though it may be later: the container is frozen, its init has just ended, it reboots. */
const isPassing = (error: unknown): error is TlxcError =>
  error instanceof TlxcError &&
  (error.code === 'TLXC_E_FROZEN' || error.code === 'TLXC_E_BUSY' || isStopped(error));

/** Killed when nobody waits any more. null: it could not be run now. */
export async function attempt(target: Target, argv: readonly string[]): Promise<Attempt | null> {
  const { signal, note } = target;
  const [ours, theirs] = native().pipe();
  const output = collect(ours);
  let stop = (): void => undefined;
  try {
    const { pid, pidfd } = enter(target, argv, theirs);
    stop = () => kill(pid);
    signal.addEventListener('abort', stop);
    const exitCode = await exitOf(pid, pidfd, signal);
    return exitCode === null ? null : { exitCode, output: output.text() };
  } catch (error) {
    const why = await whyNotEntered(error);
    if (!isPassing(why)) throw why;
    note(why.message);
    return null;
  } finally {
    signal.removeEventListener('abort', stop);
    output.close();
  }
}

function words(command: string, { exitCode, output }: Attempt): string {
  const last = output.trim().split('\n').at(-1)?.trim();
  return `'${command}' exits ${exitCode} in it${last ? ` (${last})` : ''}`;
}

/** By the container's /bin/sh, as root. */
export function waitForCommand(target: Target, command: string): Promise<void> {
  target.note(`'${command}' has not ended in it`);
  return lookUntil(target, LOOKS, async () => {
    const result = await attempt(target, ['/bin/sh', '-c', command]);
    if (result && !target.signal.aborted) target.note(words(command, result));
    return result?.exitCode === 0;
  });
}
