/**
 * The containers of a container. One that runs is asked, by a command in it like any other; in the tree of one that is
 * stopped their directories are looked for, and nothing of them is believed but that they are there.
 */
import { closeSync, constants, existsSync, readdirSync } from 'node:fs';
import { loadContainerConfig } from '../../config/load.ts';
import type { ContainerConfig } from '../../config/model.ts';
import { TlxcError } from '../../errors.ts';
import { native } from '../../native/binding.ts';
import { parseVolume } from '../../storage/volume.ts';
import { execInContainer } from '../exec/exec.ts';
import { inspectContainers, type Store } from '../inspect.ts';
import type { ListedContainer } from '../listed.ts';
import { containerPaths } from '../paths.ts';
import { isContainerName, LXC_COLUMNS, readJson, readTable, STOPPED } from './answer.ts';

const TIMEOUT_MS = 20_000;
const MOST_BYTES = 1 << 20;
/** No program of that name is there. */
const NOT_FOUND = 127;

const below = (name: string, rows: readonly ListedContainer[]): readonly ListedContainer[] =>
  rows.map((row) => ({ ...row, parents: [name, ...row.parents] }));

interface Asker {
  readonly argv: readonly [string, ...string[]];
  readonly read: (text: string) => readonly ListedContainer[] | null;
}

/** Whoever manages containers there, in the order in which they are looked for. */
const askers = (levels: number): readonly Asker[] => [
  { argv: ['tlxc-ls', '--json', `--nesting=${levels - 1}`], read: readJson },
  { argv: ['lxc-ls', '-f', '-F', LXC_COLUMNS.join(',')], read: readTable },
];

/**
 * The containers of one that runs, `levels` deep, each with its parents; none where neither tlxc-ls nor lxc-ls is
 * there. Throws TLXC_E_COMMAND, TLXC_E_TIMEOUT, and what keeps a command from being run.
 */
export async function nestedInRunning(
  { system, lxcpath, environment }: Store,
  name: string,
  levels: number,
): Promise<readonly ListedContainer[]> {
  const paths = containerPaths(system, lxcpath, name);
  for (const { argv, read } of askers(levels)) {
    const limits = { timeoutMs: TIMEOUT_MS, maxCapture: MOST_BYTES };
    const asked = execInContainer({ paths, caller: environment }, argv, { ...limits, check: false });
    const { status, stdout } = await asked;
    if (status === NOT_FOUND) continue;
    const rows = status === 0 ? read(stdout) : null;
    if (rows !== null) return below(name, rows);
    throw new TlxcError({
      code: 'TLXC_E_COMMAND',
      message: `${argv[0]} in it gives no list of containers`,
      container: name,
      hint: `see what it says: tlxc-attach -n ${name} -- ${argv[0]}`,
    });
  }
  return [];
}

/** Where containers are kept when nobody says otherwise. */
const STORES = ['/var/lib/tlxc', '/var/lib/lxc'];

const { O_DIRECTORY, O_RDONLY } = constants;
/** Which Node does not name. Nothing happens to what is opened so, be it a device. */
const O_PATH = 0o10000000;

/** Whether it is there, below the root that no link in it leads out of. */
function isThere(root: string, path: string): boolean {
  const fd = native().openInRoot({ root, path, flags: O_PATH, mode: 0 });
  if (typeof fd !== 'number') return false;
  closeSync(fd);
  return true;
}

function namesIn(root: string, store: string): readonly string[] {
  const flags = O_RDONLY | O_DIRECTORY;
  const fd = native().openInRoot({ root, path: store, flags, mode: 0 });
  if (typeof fd !== 'number') return [];
  try {
    const names = readdirSync(`/proc/self/fd/${fd}`).filter(isContainerName).sort();
    return names.filter((name) => isThere(root, `${store}/${name}/config`));
  } finally {
    closeSync(fd);
  }
}

function nestedBelow(root: string, at: string, levels: number): readonly ListedContainer[] {
  if (levels === 0) return [];
  return STORES.flatMap((store) =>
    namesIn(root, at + store).flatMap((name) => [
      { ...STOPPED, name, parents: [] },
      ...below(name, nestedBelow(root, `${at}${store}/${name}/rootfs`, levels - 1)),
    ]),
  );
}

/** The containers in the tree of one that is stopped: none where its backing store keeps that in anything but a directory. */
export function nestedInStopped(
  { name, rootfs }: Pick<ContainerConfig, 'name' | 'rootfs'>,
  levels: number,
): readonly ListedContainer[] {
  const { type, path } = parseVolume(rootfs.path?.value ?? 'none');
  return type === 'dir' && existsSync(path) ? below(name, nestedBelow(path, '', levels)) : [];
}

/** The containers of one, whether it runs or not. Throws as nestedInRunning, and TLXC_E_CONFIG. */
export async function nestedContainers(
  store: Store,
  name: string,
  levels: number,
): Promise<readonly ListedContainer[]> {
  const { system, lxcpath, environment } = store;
  const [status] = inspectContainers(store, [name], { network: false });
  if (levels === 0) return [];
  if (status?.running) return nestedInRunning(store, name, levels);
  const { config: configFile } = containerPaths(system, lxcpath, name);
  return nestedInStopped(loadContainerConfig({ name, lxcpath, configFile, environment }), levels);
}
