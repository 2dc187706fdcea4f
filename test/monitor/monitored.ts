/** A running tlxc-monitor for one test: started as tlxc-start does, asked over its socket, gone when the test ends. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { askMonitor, watchMonitor, type AskOptions, type MonitorResult } from '../../src/monitor/client.ts';
import type { Event, MonitorInfo, Request, StartMessage } from '../../src/monitor/protocol.ts';
import { native } from '../../src/native/binding.ts';
import type { StartPlan } from '../../src/plan/types.ts';

const MONITOR = join(import.meta.dirname, '../../native/build/Release/tlxc-monitor');

/** A program that execs the monitor: "unshare -n", or a shell that prepares something first. */
export type Wrapper = readonly string[];

export class Monitored {
  constructor(
    readonly plan: StartPlan,
    /** running or failed. */
    readonly started: StartMessage,
    /** Resolves to the exit status of the monitor, or the signal that killed it. */
    readonly ended: Promise<number | string>,
  ) {}

  /** Throws where it does not run: a number that stands for no process is, to kill(2), one that stands for all. */
  get pid(): number {
    return this.running.monitorPid;
  }

  get initPid(): number {
    return this.running.initPid;
  }

  private get running(): Extract<StartMessage, { kind: 'running' }> {
    if (this.started.kind === 'running') return this.started;
    throw new Error(`the container did not start: ${JSON.stringify(this.started)}`);
  }

  get place(): { readonly socket: string } {
    return { socket: join(this.plan.runDir, 'monitor.sock') };
  }

  ask(request: Request, options: AskOptions = { timeoutMs: 2000 }): MonitorResult {
    return askMonitor(this.place, request, options);
  }

  /** Throws unless the monitor answers and grants it. */
  info(): MonitorInfo {
    const result = this.ask({ op: 'info' });
    if (result.kind !== 'answer' || !result.reply.ok) throw new Error(`info: ${JSON.stringify(result)}`);
    return result.reply as unknown as MonitorInfo;
  }

  signal(signal: number): MonitorResult {
    return this.ask({ op: 'signal', signal });
  }

  /** What the monitor tells from now on, until `last` holds or the conversation ends. */
  async watch(last: (event: Event) => boolean = () => false): Promise<Event[]> {
    const events: Event[] = [];
    for await (const event of watchMonitor(this.place, 60_000)) {
      events.push(event);
      if (last(event)) break;
    }
    return events;
  }

  inRunDir(name: string): string {
    return join(this.plan.runDir, name);
  }
}

/** Starts the plan. The container is killed with the test at the latest. */
export async function startMonitored(
  t: ExecutionContext,
  plan: StartPlan,
  wrapper: Wrapper = [],
): Promise<Monitored> {
  // In the foreground it would wait two seconds for the start command's viewer.
  plan.monitor.foreground = false;
  const [file, ...args] = [...wrapper, MONITOR];
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'] });
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  t.teardown(async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(5000, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await ended;
  });
  const [, , , input, report] = child.stdio as unknown as [null, null, null, Writable, Readable];
  input.on('error', () => undefined);
  input.end(JSON.stringify(plan));
  for await (const line of createInterface({ input: report })) {
    const message = JSON.parse(line) as StartMessage;
    if (message.kind !== 'warning') return new Monitored(plan, message, ended);
  }
  throw new Error(`the monitor ended without a word: ${await ended}`);
}

/** Waits until `holds`, thirty seconds at most; whether it came to hold. */
export async function eventually(holds: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 1500; attempt++) {
    if (holds()) return true;
    await sleep(20);
  }
  return holds();
}

/** Whether the process is there and is no zombie. */
export function alive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ');
}

/** What a container has written into the file by now; "" before it exists. */
export const written = (file: string): string => (existsSync(file) ? readFileSync(file, 'latin1') : '');

/** Reads a received descriptor until it has said `text`, thirty seconds at most; what it said. */
export async function readUntil(fd: number, text: string): Promise<string> {
  const { createReadStream } = await import('node:fs');
  const stream = createReadStream('', { fd, autoClose: false });
  let said = '';
  const timer = setTimeout(() => stream.destroy(), 30_000);
  for await (const part of stream) {
    said += String(part);
    if (said.includes(text)) break;
  }
  clearTimeout(timer);
  return said;
}

export const closeAll = (fds: Readonly<Record<string, number>>): void =>
  Object.values(fds).forEach((fd) => native().closeFd(fd));
