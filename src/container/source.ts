/** The container that is copied: stopped, or one that runs and is kept from changing for as long as it is read. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadContainerConfig } from '../config/load.ts';
import { TlxcError } from '../errors.ts';
import { syncFilesystem } from '../host/trees.ts';
import { askMonitor } from '../monitor/client.ts';
import { backendNamed } from '../storage/choose.ts';
import { parseVolume, partsOf } from '../storage/volume.ts';
import { whileFrozen } from './freeze.ts';
import type { ContainerPaths } from './paths.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const isStopped = (paths: ContainerPaths): boolean => askMonitor(paths, { op: 'info' }).kind === 'stopped';

function refuseMissing({ name, config }: ContainerPaths): void {
  if (existsSync(config)) return;
  throw new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: 'Container is not defined',
    container: name,
    hint: 'tlxc-ls lists those that exist; -P names another store',
  });
}

const running = ({ name }: ContainerPaths, hint: string): TlxcError =>
  new TlxcError({ code: 'TLXC_E_RUNNING', message: `${name} is running`, container: name, hint });

/** Throws unless the container exists and is stopped. `otherwise`: what would also do, in words. */
export function checkStopped(paths: ContainerPaths, otherwise = ''): void {
  refuseMissing(paths);
  if (isStopped(paths)) return;
  const hint = `what it writes meanwhile would be in the copy by halves: tlxc-stop -n ${paths.name} first`;
  throw running(paths, hint + otherwise);
}

/** [TYPE:]PATH; "none". */
function rootfsOf({ name, lxcpath, config: configFile }: ContainerPaths, environment: Environment): string {
  const { rootfs } = loadContainerConfig({ name, lxcpath, configFile, environment });
  return rootfs.path?.value ?? 'none';
}

/** Throws unless the container exists, and is stopped or can be copied while it runs. */
export function checkReadable(paths: ContainerPaths, environment: Environment): void {
  refuseMissing(paths);
  if (isStopped(paths)) return;
  const { type } = parseVolume(rootfsOf(paths, environment));
  if (type === 'none' || backendNamed(type)?.running !== undefined) return;
  const hint = `its ${type} filesystem is in use, and cannot be read beside that: tlxc-stop -n ${paths.name} first`;
  throw running(paths, hint);
}

/**
 * Runs `read`, which copies the root filesystem `written`: one that runs is frozen meanwhile, unless its copies are of one
 * moment anyway. Then it runs again, also when this process is killed. Throws what `read` and whileFrozen throw.
 */
export async function whileStill<T>(
  paths: ContainerPaths,
  written: string,
  read: () => Promise<T>,
): Promise<T> {
  const running = backendNamed(parseVolume(written).type)?.running;
  if (running !== 'frozen' || isStopped(paths)) return read();
  // What is on disk already need not be written while it stands still, which sharing blocks would wait for.
  await syncFilesystem(dirname(partsOf(written).at(-1) ?? ''));
  return whileFrozen(paths, read);
}
