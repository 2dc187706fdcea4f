/**
 * What keeps a container from ending, for the person who waits for that: the jobs that its systemd still does, of which the
 * others wait for these; of any other init, the processes that are left.
 */
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { readableText } from '../../readable-text.ts';
import { processesOf } from '../info/processes.ts';
import type { ContainerPaths } from '../paths.ts';
import { attempt } from '../readiness/command.ts';

/** What it may take to ask, by a command in a container that is going down. */
const ASK_MS = 2000;
const JOBS = ['systemctl', '--no-pager', '--no-legend', '--plain', '--full', 'list-jobs'];
/** So many are named, each so far. */
const NAMED = 3;
const LETTERS = 60;

export interface Place {
  readonly paths: ContainerPaths;
  /** Of the caller: where its systemd's bus is. */
  readonly environment: Environment;
}

const shortened = (text: string): string =>
  text.length > LETTERS ? `${text.slice(0, LETTERS - 1).trimEnd()}…` : text;

function list(names: readonly string[]): string {
  const more = names.length - NAMED;
  return [...names.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

/** The units whose jobs run, in what list-jobs prints: number, unit, what is done to it, whether that has begun. */
export function runningJobs(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    const [, unit, , state] = line.trim().split(/\s+/);
    return unit !== undefined && state === 'running' ? [unit] : [];
  });
}

/** [] where it does not answer, as from the moment on when it has become systemd-shutdown. */
async function systemdsJobs({ paths, environment }: Place): Promise<string[]> {
  const nobody = { initPidfd: -1, note: () => undefined, warn: () => undefined };
  const target = { paths, caller: environment, ...nobody, signal: AbortSignal.timeout(ASK_MS) };
  const result = await attempt(target, JOBS);
  return result?.exitCode === 0 ? runningJobs(result.output) : [];
}

/** Without init where there are others: it waits for them, as a rule. */
async function processesLeft(running: MonitorInfo): Promise<string[]> {
  const { processes } = await processesOf(running);
  const others = processes.filter(({ pid, state }) => pid !== running.initPid && state !== 'Z');
  const named = others.length > 0 ? others : processes;
  return named.map(({ command, pid }) => `${shortened(command)} (pid ${pid})`);
}

const nameOf = (pid: number): string => readableText(`/proc/${pid}/comm`).trim();

/** In a few words; '' where it has ended, or cannot be looked into. Whatever the container likes: not safe to print. */
export async function lingering(place: Place): Promise<string> {
  const result = askMonitor(place.paths, { op: 'info' });
  if (result.kind !== 'answer' || !result.reply.ok) return '';
  const running = result.reply as MonitorInfo;
  try {
    const jobs = nameOf(running.initPid) === 'systemd' ? await systemdsJobs(place) : [];
    return list(jobs.length > 0 ? jobs : await processesLeft(running));
  } catch (error) {
    // It may end, or its limits may leave no room for a command: that spoils no stop.
    if (error instanceof TlxcError) return '';
    throw error;
  }
}

const FIRST_MS = 2500;
const AGAIN_MS = 4000;

/** Tells now and then what is waited for, until it is ended. */
export function tellLingering(place: Place, tell: (what: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const later = (ms: number): void => {
    timer = setTimeout(() => {
      void lingering(place).then((what) => {
        if (over) return;
        tell(what);
        later(AGAIN_MS);
      });
    }, ms).unref();
  };
  later(FIRST_MS);
  return () => {
    over = true;
    clearTimeout(timer);
  };
}
