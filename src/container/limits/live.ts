/** Changes the limits of a running container: all of them, or none. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bytes } from '../../config/values/cgroup-numbers.ts';
import type { SystemConfig } from '../../config/model.ts';
import { TlxcError, usageError } from '../../errors.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import { hierarchyOf } from '../../plan/cgroup-settings.ts';
import { readCgroupFile, writeCgroupFile } from './cgroup-file.ts';
import { containerPaths } from '../paths.ts';
import { unresponsive } from '../unresponsive.ts';
import type { Change } from './change.ts';
import { shownSize } from './names.ts';

export interface Which {
  readonly name: string;
  readonly lxcpath: string;
  readonly system: SystemConfig;
}

/** What its monitor tells; null where it does not run. Throws TLXC_E_UNRESPONSIVE. */
export function runningInfo({ name, lxcpath, system }: Which): MonitorInfo | null {
  const paths = containerPaths(system, lxcpath, name);
  const result = existsSync(paths.socket) ? askMonitor(paths, { op: 'info' }) : undefined;
  if (result?.kind === 'unresponsive') throw unresponsive(name, result);
  return result?.kind === 'answer' && result.reply.ok ? (result.reply as MonitorInfo) : null;
}

/** One write, with the change that asked for it. */
interface Write {
  readonly change: Change;
  readonly file: string;
  readonly value: string;
}

const UNLIMITED = 1n << 62n;

/** "max" and "-1" are more than any number. */
const amount = (text: string): bigint => (/^(max|-1)$/.test(text.trim()) ? UNLIMITED : bytes(text));

/** A group of the container's as it is now, whichever the cgroup world. */
class Live {
  readonly #which: Which;
  readonly #info: MonitorInfo;
  readonly #warn: (text: string) => void;

  constructor(which: Which, info: MonitorInfo, warn: (text: string) => void) {
    this.#which = which;
    this.#info = info;
    this.#warn = warn;
  }

  /** Whether this host has the controller as cgroup v1. */
  isV1(controller: string): boolean {
    return hierarchyOf(controller, 1, this.#info.cgroups) !== undefined;
  }

  read(file: string): string {
    return readCgroupFile({ ...this.#which, file }).trim();
  }

  /** What `file` says before it is changed, as a value that takes the change back. */
  before({ file, line, none }: Change): string {
    const text = this.read(file);
    if (file === 'io.weight') return `default ${/^default (\d+)$/m.exec(text)?.[1] ?? none}`;
    if (!line) return text.split('\n')[0] ?? none;
    const own = text.split('\n').find((each) => each.startsWith(`${line.device} `));
    const part = own?.split(' ').find((each) => each.startsWith(`${line.part}=`));
    return part === undefined ? none : `${line.device} ${part}`;
  }

  write(file: string, value: string): void {
    writeCgroupFile({ ...this.#which, file, value, warn: this.#warn });
  }

  /** A cpuset with processes in it cannot be made empty: without a limit it is that of the group above. */
  valueOf({ file, value, none }: Change): string {
    if (value !== null) return value;
    if (!/^cpuset\.(cpus|mems)$/.test(file)) return none;
    for (const world of [1, 2] as const) {
      const home = hierarchyOf('cpuset', world, this.#info.cgroups);
      const above = world === 1 ? file : `${file}.effective`;
      if (home) return readFileSync(join(home.mountPoint, dirname(home.limitGroup), above), 'utf8').trim();
    }
    return none;
  }
}

function busy(name: string, { text }: Change, used: string): TlxcError {
  return new TlxcError({
    code: 'TLXC_E_BUSY',
    message: `${text}: it uses ${used} now, and the kernel cannot take so much back`,
    ...{ container: name, errno: 'EBUSY' },
    hint: 'end what uses it, give it more, or set it for the next start alone (--saved)',
  });
}

/**
 * v2 takes a limit below what is used, and kills processes until it fits. So it is asked to take memory back first, as v1 does,
 * by a memory.high of that size, which is then taken back itself.
 */
function makeRoom(live: Live, name: string, change: Change): void {
  if (change.file !== 'memory.max' || change.value === null || live.isV1('memory')) return;
  const wanted = bytes(change.value);
  if (BigInt(live.read('memory.current')) <= wanted) return;
  const high = live.read('memory.high');
  try {
    live.write('memory.high', String(wanted));
    const left = live.read('memory.current');
    if (BigInt(left) > wanted) throw busy(name, change, shownSize(String((BigInt(left) >> 20n) << 20n)));
  } finally {
    live.write('memory.high', high);
  }
}

function warnOfTasks(live: Live, { file, value }: Change, warn: (text: string) => void): void {
  if (file !== 'pids.max' || value === null || value === 'max') return;
  const current = Number(live.read('pids.current'));
  if (current > Number(value))
    warn(
      `it has ${current} processes and threads: none is ended, but none can be started until it has fewer than ${value}`,
    );
}

const [OWN, BOTH] = ['memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'] as const;

/** What v1 limits together; null where this kernel does not count swap. */
function limitOfBoth(live: Live, needed: boolean): bigint | null {
  try {
    return amount(live.read(BOTH));
  } catch (error) {
    if (needed || !(error instanceof TlxcError) || error.code !== 'TLXC_E_NOT_FOUND') throw error;
    return null;
  }
}

const noMemoryLimit = ({ text }: Change): TlxcError =>
  usageError(
    `${text}: cgroup v1 limits memory and swap together, and its memory has no limit`,
    'set both: memory=2G swap=512M',
  );

/**
 * v1 limits memory and swap together, never below memory alone: what of them grows is written from the sum on, what shrinks the
 * other way round; the swap that is not spoken of stays as it is.
 */
function v1Memory(live: Live, changes: readonly Change[]): readonly Write[] | null {
  const memory = changes.find(({ file }) => file === 'memory.max');
  const swap = changes.find(({ file }) => file === 'memory.swap.max');
  const change = memory ?? swap;
  if (!change || !live.isV1('memory')) return null;
  const old = amount(live.read('memory.max'));
  const next = memory ? amount(live.valueOf(memory)) : old;
  const write = (file: string, value: bigint): Write => ({
    ...{ change, file },
    value: value >= UNLIMITED ? '-1' : String(value),
  });
  const both = limitOfBoth(live, swap !== undefined);
  if (both === null) return [write(OWN, next)];
  if (swap && swap.value !== null && next >= UNLIMITED) throw noMemoryLimit(swap);
  const oldSwap = both >= UNLIMITED ? UNLIMITED : both - old;
  const nextBoth = next + (swap ? amount(live.valueOf(swap)) : oldSwap);
  const writes = [write(BOTH, nextBoth), ...(memory ? [write(OWN, next)] : [])];
  return nextBoth >= both ? writes : writes.reverse();
}

/** In the order in which the kernel takes them. */
function writesOf(live: Live, changes: readonly Change[]): readonly Write[] {
  const memory = v1Memory(live, changes);
  const isOfMemory = ({ file }: Change): boolean => file === 'memory.max' || file === 'memory.swap.max';
  const others = memory ? changes.filter((each) => !isOfMemory(each)) : changes;
  return [
    ...(memory ?? []),
    ...others.map((change) => ({ change, file: change.file, value: live.valueOf(change) })),
  ];
}

function explained(name: string, { text }: Change, live: Live, error: unknown): unknown {
  if (!(error instanceof TlxcError)) return error;
  if (error.details.errno === 'EBUSY' && /^(memory|swap|lxc\.cgroup2?\.memory)/.test(text))
    return busy(
      name,
      { text } as Change,
      shownSize(String((BigInt(live.read('memory.current')) >> 20n) << 20n)),
    );
  return new TlxcError({ ...error.details, message: `${text}: ${error.message}`, container: name });
}

/**
 * Writes them all; where one is refused those before it are taken back. Returns what takes all of them back. Throws TLXC_E_BUSY
 * where more is used than would be allowed, and what writeCgroupFile throws.
 */
export function changeLive(
  which: Which,
  info: MonitorInfo,
  changes: readonly Change[],
  warn: (text: string) => void,
): () => void {
  const live = new Live(which, info, warn);
  const done: { file: string; value: string }[] = [];
  const takeBack = (): void => {
    for (const { file, value } of done.splice(0).reverse()) live.write(file, value);
  };
  for (const change of changes) makeRoom(live, which.name, change);
  for (const { change, file, value } of writesOf(live, changes)) {
    try {
      const before = live.before({ ...change, file });
      live.write(file, value);
      done.push({ file, value: before });
    } catch (error) {
      takeBack();
      throw explained(which.name, change, live, error);
    }
  }
  for (const change of changes) warnOfTasks(live, change, warn);
  return takeBack;
}
