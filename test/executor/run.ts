/** Runs tlxc-monitor on a plan, as tlxc-start does: the plan on descriptor 3, what it reports from descriptor 4. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import type { StartMessage } from '../../src/monitor/protocol.ts';
import type { StartPlan } from '../../src/plan/types.ts';
import { makeBusyboxRootfs } from '../rig/busybox.ts';

const MONITOR = join(import.meta.dirname, '../../native/build/Release/tlxc-monitor');
/** A file's tests run all at once, on a machine that may have other work. */
const PATIENCE_MS = 120_000;

export interface Outcome {
  /** The last message: running or failed. */
  readonly last: StartMessage | undefined;
  readonly failure: Extract<StartMessage, { kind: 'failed' }> | undefined;
  /** What the container's script has written, where it got that far. */
  readonly output: string;
}

/** The command of an init that writes what its script prints to /out of the root filesystem, and then ends. */
export const script = (text: string): string[] => ['/bin/sh', '-c', `exec >/out 2>&1; ${text}`];

interface Monitor {
  readonly process: ChildProcess;
  /** What it reports; complete once it has ended, or said its last word. */
  readonly report: Readable;
}

function startMonitor(plan: string): Monitor {
  const child = spawn(MONITOR, [], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const [, , , input, report] = child.stdio as unknown as [null, null, null, Writable, Readable];
  input.on('error', () => undefined); // a monitor that refuses the plan need not read it to its end
  input.end(plan);
  return { process: child, report: report.setEncoding('utf8') };
}

const messagesOf = (text: string): StartMessage[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as StartMessage);

/** Starts the plan (or whatever text is given) and waits until the container has ended. Throws where it does not. */
export async function runPlan(plan: StartPlan | string, rootfs = ''): Promise<Outcome> {
  const monitor = startMonitor(typeof plan === 'string' ? plan : JSON.stringify(plan));
  const deadline = AbortSignal.timeout(PATIENCE_MS);
  deadline.addEventListener('abort', () => monitor.process.kill('SIGKILL'));
  let text = '';
  monitor.report.on('data', (part: string) => (text += part));
  await once(monitor.process, 'close');
  if (deadline.aborted)
    throw new Error(`the container has not ended in ${PATIENCE_MS} ms, and said: ${text}`);
  const last = messagesOf(text).at(-1);
  return { last, failure: last?.kind === 'failed' ? last : undefined, output: takeOutput(rootfs) };
}

/** Starts the plan and returns once init runs. `kill` ends the monitor, and with it the container. */
export async function startPlan(plan: StartPlan): Promise<{ initPid: number; kill: () => Promise<void> }> {
  const monitor = startMonitor(JSON.stringify(plan));
  const ended = once(monitor.process, 'close');
  const kill = async (): Promise<void> => {
    monitor.process.kill('SIGKILL');
    await ended;
  };
  for await (const part of monitor.report as AsyncIterable<string>) {
    const last = messagesOf(part).at(-1);
    if (last?.kind === 'running') return { initPid: last.initPid, kill };
  }
  await kill();
  throw new Error('the container did not start');
}

function takeOutput(rootfs: string): string {
  if (rootfs === '') return '';
  const file = join(rootfs, 'out');
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // the script never ran
  } finally {
    rmSync(file, { force: true });
  }
}

export interface Place {
  readonly scratch: string;
  readonly rootfs: string;
}

/** A directory for one test, gone with it, and a busybox system in it. */
export function makePlace(t: ExecutionContext): Place {
  const scratch = mkdtempSync(join(tmpdir(), 'tlxc-executor-'));
  t.teardown(() => rmSync(scratch, { recursive: true, force: true }));
  const rootfs = join(scratch, 'rootfs');
  makeBusyboxRootfs(rootfs);
  return { scratch, rootfs };
}
