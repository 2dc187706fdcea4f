/** Changes and shows a container's limits: of the running container, of its configuration, or of both. */
import { existsSync } from 'node:fs';
import { loadContainerConfig } from '../../config/load.ts';
import { bytes } from '../../config/values/cgroup-numbers.ts';
import { TlxcError } from '../../errors.ts';
import { readCgroupFile } from './cgroup-file.ts';
import { withLock } from '../lock.ts';
import { notDefined } from '../not-defined.ts';
import { notRunning } from '../not-running.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { parseChange } from './change.ts';
import { changeLive, runningInfo, type Which } from './live.ts';
import { LIMITS, type Limit, type LimitName } from './names.ts';
import { changeSaved, savedValue, type SavedWhich } from './saved.ts';

export interface SetRequest extends SavedWhich {
  /** memory=2G, pids-, lxc.cgroup2.memory.high=1G */
  readonly changes: readonly string[];
  /** both: of the running container, if it runs, and of its next starts. */
  readonly where: 'both' | 'now' | 'saved';
  readonly warn: (text: string) => void;
}

const SAVE_INSTEAD = 'set them for its next start instead, in its configuration (no --now)';

/** One that runs was started from another file. */
function notSaved(paths: ContainerPaths, runs: boolean): TlxcError {
  if (!runs) return notDefined(paths);
  const { name, config } = paths;
  return new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: `there is no ${config} to save limits in`,
    container: name,
    hint: 'set them in the running container alone (--now)',
  });
}

/**
 * Sets all of them, or none. Throws TLXC_E_USAGE, TLXC_E_BUSY where more is used than would be allowed, TLXC_E_NOT_RUNNING
 * (now), TLXC_E_NOT_FOUND where there is no configuration, or no such file on this host.
 */
export async function setLimits(request: SetRequest): Promise<void> {
  const { name, lxcpath, system, where, warn } = request;
  const changes = request.changes.map(parseChange);
  const paths = containerPaths(system, lxcpath, name);
  if (where !== 'now' && !existsSync(paths.config)) throw notSaved(paths, runningInfo(request) !== null);
  await withLock(paths, () => {
    const info = where === 'saved' ? null : runningInfo(request);
    if (where === 'now' && !info) throw notRunning(paths, SAVE_INSTEAD);
    const takeBack = info ? changeLive(request, info, changes, warn) : () => undefined;
    try {
      if (where !== 'now') changeSaved(request, changes);
    } catch (error) {
      takeBack();
      throw error;
    }
  });
}

/** A limit as it is now and from the next start on; as typed, null: none, or not known on this host. */
export interface LimitReport {
  readonly name: LimitName;
  readonly file: string;
  readonly now: string | null;
  readonly saved: string | null;
  /** What is used of it: bytes, or processes and threads; null where that is not counted, or it does not run. */
  readonly used: number | null;
}

const USE: Readonly<Partial<Record<LimitName, string>>> = { memory: 'memory.current', pids: 'pids.current' };

function live(which: Which, file: string): string | null {
  try {
    return readCgroupFile({ ...which, file });
  } catch (error) {
    if (error instanceof TlxcError && error.code === 'TLXC_E_NOT_FOUND') return null;
    throw error;
  }
}

function reportOf(
  which: Which,
  runs: boolean,
  { name, file, show }: Limit,
  saved: string | undefined,
): LimitReport {
  const now = runs ? live(which, file) : null;
  const use = runs && USE[name] !== undefined ? live(which, USE[name]) : null;
  return {
    ...{ name, file },
    now: now === null ? null : show(now),
    saved: saved === undefined ? null : show(saved),
    used: use === null ? null : Number(bytes(use.trim())),
  };
}

/** All limits that have names, whether it runs. Throws TLXC_E_NOT_FOUND where it neither runs nor is defined, TLXC_E_CONFIG. */
export function limitsOf(which: SavedWhich): {
  readonly running: boolean;
  readonly limits: readonly LimitReport[];
} {
  const { name, lxcpath, system, environment } = which;
  const paths = containerPaths(system, lxcpath, name);
  const configFile = paths.config;
  const running = runningInfo(which) !== null;
  const isDefined = existsSync(configFile);
  if (!isDefined && !running) throw notDefined(paths);
  const config = isDefined ? loadContainerConfig({ name, lxcpath, configFile, environment }) : null;
  const limits = LIMITS.map((limit) =>
    reportOf(which, running, limit, config ? savedValue(config, limit.file) : undefined),
  );
  return { running, limits };
}
