/** What a person reads when a wait came to nothing. */
import { existsSync } from 'node:fs';
import { TlxcError } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { ContainerState, Event } from '../../monitor/protocol.ts';
import { readLog } from '../journal/log.ts';
import type { ContainerPaths } from '../paths.ts';
import { GONE_HINT } from '../ephemeral.ts';
import { conditionText, type Condition } from './condition.ts';
import type { Target } from './target.ts';

interface Request extends Pick<Target, 'paths' | 'caller'> {
  readonly conditions: readonly Condition[];
  readonly timeoutMs: number;
  readonly askedMs?: number;
  readonly longer?: string;
}

function stateOf(paths: ContainerPaths): ContainerState | 'UNRESPONSIVE' {
  const result = askMonitor(paths, { op: 'info' });
  if (result.kind === 'unresponsive') return 'UNRESPONSIVE';
  return result.kind === 'answer' && result.reply.ok ? (result.reply.state ?? 'RUNNING') : 'STOPPED';
}

const LINES = 5;

/** What is to be looked at: the end of what this boot has printed, and where all of it is. */
async function look(paths: ContainerPaths): Promise<{ console: readonly string[]; where: string }> {
  const lines: string[] = [];
  try {
    const wanted = { sources: ['console'], boot: 0, lines: LINES } as const;
    for await (const { bytes } of readLog(paths, wanted)) lines.push(bytes.toString().replace(/\r+$/, ''));
  } catch {
    // no log is kept
  }
  const where = existsSync(paths.logDir)
    ? `tlxc-logs -n ${paths.name} --boot shows all that it printed`
    : `tlxc-console -n ${paths.name} -t 0 is its console`;
  return { console: lines.filter((line) => line.trim() !== ''), where };
}

/** The time is over: what was waited for, what was seen of it last, and how the container is now. */
export async function expired(
  { paths, timeoutMs, askedMs = timeoutMs, longer = '--wait-timeout' }: Request,
  missing: ReadonlyMap<string, string>,
): Promise<TlxcError> {
  const seen = [...missing].map(([condition, words]) => `${condition}: ${words}`);
  const state = stateOf(paths);
  const goesOn = state === 'FROZEN' ? `tlxc-unfreeze -n ${paths.name} lets it go on` : 'it goes on';
  const { console, where } = await look(paths);
  return new TlxcError({
    code: 'TLXC_E_TIMEOUT',
    message: `waited ${askedMs / 1000} s in vain for ${seen.join('; ')}`,
    container: paths.name,
    console,
    hint: `it is ${state}, and ${goesOn}; ${where}; a longer ${longer} waits on`,
  });
}

/** It is destroyed, or will be in a moment, and its log with it. */
async function goesWithItsEnd(
  { config: configFile }: ContainerPaths,
  caller: Target['caller'],
): Promise<boolean> {
  if (!existsSync(configFile)) return true;
  // Only the end of a container needs the configuration's reader.
  const { glanceAt } = await import('../../config/glance.ts');
  return glanceAt({ configFile, environment: caller })?.ephemeral === true;
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: 'HUP',
  2: 'INT',
  6: 'ABRT',
  9: 'KILL',
  11: 'SEGV',
  15: 'TERM',
};

/** A wait status of init's in words. */
function howInitEnded(status: number): string {
  const signal = status & 0x7f;
  if (signal === 0) return `its init exited with status ${(status >> 8) & 0xff}`;
  // reboot(2) with power-off in a PID namespace, as every orderly halt ends.
  if (signal === 2) return 'it was halted from inside';
  return `its init was ended by signal ${signal}${SIGNALS[signal] ? ` (SIG${SIGNALS[signal]})` : ''}`;
}

/** It has stopped before it came so far. */
export async function ended(
  { paths, conditions, caller }: Request,
  how: Event | undefined,
): Promise<TlxcError> {
  const waited = conditions.map(conditionText).join(', ');
  const reason = how?.exitStatus === undefined ? 'its init has ended' : howInitEnded(how.exitStatus);
  const { console, where } = await look(paths);
  return new TlxcError({
    code: 'TLXC_E_NOT_RUNNING',
    message: `the container stopped while ${waited} was waited for: ${reason}`,
    container: paths.name,
    console,
    hint: (await goesWithItsEnd(paths, caller)) ? GONE_HINT : where,
  });
}
