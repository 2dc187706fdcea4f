/**
 * The containers of a container. One that runs is asked, by a command in it like any other; in the tree of one that is
 * stopped their directories are looked for. Either way it is the container that decides what there is to see: so there is
 * a limit to how much is looked at, and how long.
 */
import { loadContainerConfig } from '../../config/load.ts';
import { TlxcError } from '../../errors.ts';
import { execInContainer } from '../exec/exec.ts';
import { inspectContainers, type Store } from '../info/inspect.ts';
import type { ListedContainer } from '../info/listed.ts';
import { containerPaths } from '../paths.ts';
import { unresponsive } from '../unresponsive.ts';
import { LXC_COLUMNS, readJson, readTable } from './answer.ts';
import { bounded, MOST_LEVELS, type Nested, type NestedLimits } from './limits.ts';
import { nestedInStopped } from './stopped.ts';

const MOST_BYTES = 1 << 20;
/** No program of that name is there. */
const NOT_FOUND = 127;

interface Asker {
  readonly argv: readonly [string, ...string[]];
  readonly read: (text: string) => readonly ListedContainer[] | null;
}

/** Whoever manages containers there, in the order in which they are looked for. lxc-ls 5 cannot go deeper. */
const askers = (levels: number): readonly Asker[] => [
  { argv: ['tlxc-ls', '--json', `--nesting=${Math.min(levels, MOST_LEVELS) - 1}`], read: readJson },
  { argv: ['lxc-ls', '-f', '-F', LXC_COLUMNS.join(',')], read: readTable },
];

function tooLate(container: string): TlxcError {
  const message = 'what is in it was not asked for: others took all the time there is';
  return new TlxcError({ code: 'TLXC_E_TIMEOUT', message, container, hint: 'ask for it alone' });
}

/**
 * The containers of one that runs, each with its parents; none where neither tlxc-ls nor lxc-ls is there. Throws
 * TLXC_E_COMMAND, TLXC_E_TIMEOUT, and what keeps a command from being run.
 */
export async function nestedInRunning(
  { system, lxcpath, environment }: Store,
  name: string,
  { levels, deadline }: NestedLimits,
): Promise<Nested> {
  const paths = containerPaths(system, lxcpath, name);
  for (const { argv, read } of askers(levels)) {
    const timeoutMs = Math.floor(deadline - performance.now());
    if (timeoutMs <= 0) throw tooLate(name);
    const how = { timeoutMs, maxCapture: MOST_BYTES, killSignal: 'SIGKILL', check: false } as const;
    const { status, stdout } = await execInContainer({ paths, caller: environment }, argv, how);
    if (status === NOT_FOUND) continue;
    const rows = status === 0 ? read(stdout) : null;
    if (rows !== null) return bounded(name, rows);
    throw new TlxcError({
      code: 'TLXC_E_COMMAND',
      message: `${argv[0]} in it gives no list of containers`,
      container: name,
      hint: `see what it says: tlxc-attach -n ${name} -- ${argv[0]}`,
    });
  }
  return { rows: [], error: null };
}

/** The containers of one, whether it runs or not. Throws as nestedInRunning, TLXC_E_UNRESPONSIVE, TLXC_E_CONFIG. */
export async function nestedContainers(store: Store, name: string, limits: NestedLimits): Promise<Nested> {
  const { system, lxcpath, environment } = store;
  const [status] = inspectContainers(store, [name], { network: false });
  if (limits.levels === 0) return { rows: [], error: null };
  if (status?.state === 'UNRESPONSIVE') throw unresponsive(name);
  if (status?.running) return nestedInRunning(store, name, limits);
  const { config: configFile } = containerPaths(system, lxcpath, name);
  return nestedInStopped(loadContainerConfig({ name, lxcpath, configFile, environment }), limits);
}
