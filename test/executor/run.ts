/** Runs tlxc-monitor on a plan, as tlxc-start does: the plan on descriptor 3, what it reports from descriptor 4. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ExecutionContext } from 'ava';
import type { StartMessage } from '../../src/monitor/protocol.ts';
import type { StartPlan } from '../../src/plan/types.ts';
import { makeBusyboxRootfs } from '../rig/busybox.ts';

const MONITOR = join(import.meta.dirname, '../../native/build/Release/tlxc-monitor');
const PATIENCE_MS = 20_000;

export interface Outcome {
  /** The last message: running or failed. */
  readonly last: StartMessage | undefined;
  readonly failure: Extract<StartMessage, { kind: 'failed' }> | undefined;
  /** What the container's script has written, where it got that far. */
  readonly output: string;
}

/** The command of an init that writes what its script prints to /out of the root filesystem, and then ends. */
export const script = (text: string): string[] => ['/bin/sh', '-c', `exec >/out 2>&1; ${text}`];

/** Starts the plan and waits until the container has ended; without a plan of ours, whatever text is given. */
export async function runPlan(plan: StartPlan | string, rootfs = ''): Promise<Outcome> {
  const child = spawn(MONITOR, [], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
  const deadline = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const [, , , input, report] = child.stdio as unknown as [null, null, null, Writable, Readable];
  input.on('error', () => undefined); // a monitor that refuses the plan need not read it to its end
  input.end(typeof plan === 'string' ? plan : JSON.stringify(plan));
  let text = '';
  report.setEncoding('utf8').on('data', (part: string) => (text += part));
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(deadline);
  const messages = text.split('\n').filter((line) => line !== '');
  const last = messages.map((line) => JSON.parse(line) as StartMessage).at(-1);
  return { last, failure: last?.kind === 'failed' ? last : undefined, output: takeOutput(rootfs) };
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
