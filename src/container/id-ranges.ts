/**
 * Ids on the host for containers: every unprivileged one has 65,536 of its own, shared with no other.
 *
 * A range is taken by writing STATEDIR/ranges/FIRST-ID under a lock; the file says for which container. It counts for as
 * long as that container is being made, or has the range in its configuration: a range whose container went away
 * without a word (kill -9, rm -r) is given out again.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import type { IdMap, SystemConfig } from '../config/model.ts';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import type { NamespaceIds } from '../host/facts.ts';
import { probeHost } from '../host/probe.ts';
import {
  freeSpan,
  isWithin,
  joined,
  overlaps,
  parseSubordinateIds,
  type IdSpan,
  type SubordinateIds,
} from '../host/subordinate-ids.ts';
import { native } from '../native/binding.ts';
import { removeFile } from '../remove-file.ts';
import { makeDirectories } from '../make-directories.ts';
import { mappedSpans, usedSpans } from './mapped-spans.ts';

export const RANGE_SIZE = 65_536;

/** Where ids are taken from when root has no entry in /etc/subuid: beyond what distributions give to people. */
const FALLBACK: IdSpan = { first: 1_000_000, count: 1_000_000_000 };

/** Whose a range is: it is made in `staging`, then has its configuration in `config`. */
export interface RangeOwner {
  readonly staging: string;
  readonly config: string;
}

/** The first ids of all ranges that may be given out, in order: the same numbers must be free as uids and as gids. */
export function* candidates(uids: SubordinateIds, gids: SubordinateIds): Generator<number> {
  const configured = uids.own.length > 0 && gids.own.length > 0;
  const others = [...uids.others, ...gids.others];
  for (const span of configured ? uids.own : [FALLBACK]) {
    for (let first = span.first; first + RANGE_SIZE <= span.first + span.count; first += RANGE_SIZE) {
      const range = { first, count: RANGE_SIZE };
      const allowed = configured
        ? isWithin(range, gids.own)
        : !others.some((other) => overlaps(range, other));
      if (allowed) yield first;
    }
  }
}

const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Whether the range recorded in file is still somebody's. */
function isHeld(file: string, first: number): boolean {
  const owner = ownerOf(file);
  if (owner === null) return false;
  // In this order: between the two looks a container may move from staging to its place, never back.
  if (existsSync(owner.staging)) return true;
  return existsSync(owner.config) && mappedSpans(owner.config).some((span) => span.first === first);
}

function take(directory: string, first: number, owner: RangeOwner): boolean {
  const file = join(directory, String(first));
  if (existsSync(file) && isHeld(file, first)) return false;
  // Whole and on disk before the container is there: a record that a power failure cut short would give its range to a second.
  writeFileAtomically(file, JSON.stringify(owner), { mode: 0o600, syncedWith: owner.staging });
  return true;
}

/**
 * In a container no mount maps ids, so files have to have those that are used. Its containers all have its own ids, each in a
 * user namespace of its own: their root has no power over what is around them, and is nobody on the host. Nothing is recorded.
 */
function firstShared({ uids, gids }: NamespaceIds): number {
  const range = { first: 0, count: RANGE_SIZE };
  if (isWithin(range, uids) && isWithin(range, gids)) return range.first;
  const few = Math.min(...[uids, gids].map((spans) => spans.reduce((sum, { count }) => sum + count, 0)));
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `this is a container that has ${few} ids, and a container in it takes ${RANGE_SIZE}`,
    hint: `give this one more on its host (lxc.idmap there), or begin with a configuration (-f) that has for example: lxc.idmap = u 0 0 ${few}; lxc.idmap = g 0 0 ${few}`,
  });
}

/**
 * Takes a free range for a container; owner.staging must exist already, and the caller brings it to disk. Returns its first id.
 * Throws TLXC_E_UNSUPPORTED when all are taken.
 */
export function allocateRange(system: SystemConfig, lxcpath: string, owner: RangeOwner): number {
  const { nested } = probeHost();
  if (nested !== null) return firstShared(nested);
  const directory = join(system.stateDir, 'ranges');
  makeDirectories(directory, 0o700);
  const lock = lockRanges(directory);
  try {
    return firstFree(directory, lxcpath, owner, system);
  } finally {
    native().closeFd(lock);
  }
}

function lockRanges(directory: string): number {
  const path = join(directory, '.lock');
  const lock = native().lock({ path, wait: true });
  if (typeof lock === 'number') return lock;
  const errno = errnoName(lock.errno);
  const message = `the record of id ranges cannot be locked: ${errnoWords(errno)}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, path, errno, syscall: lock.syscall });
}

function firstFree(directory: string, lxcpath: string, owner: RangeOwner, system: SystemConfig): number {
  const used = joined(usedSpans([...new Set([lxcpath, system.lxcpath, '/var/lib/lxc'])]));
  const [uids, gids] = [parseSubordinateIds(read('/etc/subuid')), parseSubordinateIds(read('/etc/subgid'))];
  for (const first of candidates(uids, gids)) {
    if (used.some((span) => overlaps({ first, count: RANGE_SIZE }, span))) continue;
    if (take(directory, first, owner)) return first;
  }
  throw new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message: `no ${RANGE_SIZE} free ids are left for the container`,
    hint: moreIds(uids, gids),
  });
}

const CONTAINERS = 1000;

/** What makes room for more: one line of the usual length is one container. */
export function moreIds(uids: SubordinateIds, gids: SubordinateIds): string {
  const had = [...candidates(uids, gids)].length;
  const taken = [uids, gids].flatMap(({ own, others }) => [...own, ...others]);
  const { first, count } = freeSpan(CONTAINERS * RANGE_SIZE, taken);
  return (
    `each has ids of its own, and root's lines in /etc/subuid and /etc/subgid are enough for ${had}: ` +
    `a line root:${first}:${count} more in each is enough for ${CONTAINERS}; containers that exist keep theirs`
  );
}

const recordOf = (system: SystemConfig, first: number): string =>
  join(system.stateDir, 'ranges', String(first));

/** Whether the range that begins with first was given to the container of that configuration file. */
export const ownsRange = (system: SystemConfig, first: number, config: string): boolean =>
  existsSync(recordOf(system, first)) && ownerOf(recordOf(system, first))?.config === config;

/** Records another owner of a range that is held: the container gets another name. */
export function recordRange(system: SystemConfig, first: number, owner: RangeOwner): void {
  writeFileAtomically(recordOf(system, first), JSON.stringify(owner), { mode: 0o600 });
}

/**
 * Gives the ranges of a configuration back to its container where another owner has them: that of a name which the container
 * did not get, its command having been killed.
 */
export function returnRanges(system: SystemConfig, owner: RangeOwner, from: RangeOwner): void {
  for (const { first } of mappedSpans(owner.config)) {
    const noted = ownerOf(recordOf(system, first));
    if (noted?.config === from.config && noted.staging === from.staging) recordRange(system, first, owner);
  }
}

/** The maps that a range makes. */
export const wholeRange = (first: number): IdMap[] =>
  (['uid', 'gid'] as const).map((kind) => ({ kind, inside: 0, outside: first, count: RANGE_SIZE }));

/** Gives back the range that begins with first, if it is recorded for the container of that configuration file. */
export function releaseRange(system: SystemConfig, first: number, config: string): void {
  if (ownsRange(system, first, config)) removeFile(recordOf(system, first));
}

function ownerOf(file: string): RangeOwner | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RangeOwner;
  } catch {
    // No record of ours: they are written whole.
    return null;
  }
}
