/** The container that is copied: stopped, or one that runs and is kept from changing for as long as it is read. */
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadContainerConfig } from '../../config/load.ts';
import type { Environment } from '../../environment.ts';
import { TlxcError } from '../../errors.ts';
import { syncFilesystem } from '../../host/trees.ts';
import { askMonitor } from '../../monitor/client.ts';
import { backendNamed } from '../../storage/choose.ts';
import { volumeAt } from '../../storage/volume-at.ts';
import { partsOf } from '../../storage/volume.ts';
import { whileFrozen } from '../freeze/freeze.ts';
import type { ContainerPaths } from '../paths.ts';
import { refuseMissing } from '../not-defined.ts';

const isStopped = (paths: ContainerPaths): boolean => askMonitor(paths, { op: 'info' }).kind === 'stopped';

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
  const { type } = volumeAt(rootfsOf(paths, environment));
  if (type === 'none' || backendNamed(type)?.running !== undefined) return;
  const hint = `its ${type} filesystem is in use, and cannot be read beside that: tlxc-stop -n ${paths.name} first`;
  throw running(paths, hint);
}

export interface Stillness {
  /** Milliseconds after which it runs on, and the copy is given up; 60,000 unless given, -1: never. */
  readonly freezeMs?: number | undefined;
  /** Told where it takes so long that somebody will notice. */
  readonly warn?: ((text: string) => void) | undefined;
}

const DEFAULT_MS = 60_000;
/** setTimeout's most: 24 days. */
const FOR_EVER_MS = 2 ** 31 - 1;
const NOTICED_MS = 1_000;

/**
 * Runs `read`, which copies the root filesystem `written`: one that runs is frozen meanwhile, unless its copies are of one
 * moment anyway. Then it runs again, also when this process is killed. Throws what `read` and whileFrozen throw, and
 * TLXC_E_TIMEOUT; then what was read is of no use.
 */
export async function whileStill<T>(
  paths: ContainerPaths,
  written: string,
  read: () => Promise<T>,
  stillness: Stillness = {},
): Promise<T> {
  const backend = backendNamed(volumeAt(written).type);
  if (backend?.running !== 'frozen' || isStopped(paths)) return read();
  // What is on disk already need not be written while it stands still, which sharing blocks would wait for.
  if (!backend.outside) await syncFilesystem(dirname(partsOf(written).at(-1) ?? ''));
  const { freezeMs = DEFAULT_MS, warn } = stillness;
  const { reading, inTime } = await whileFrozen(paths, async () => {
    const begun = read();
    return {
      reading: begun,
      inTime: await settledWithin(begun, freezeMs < 0 ? FOR_EVER_MS : freezeMs, warn),
    };
  });
  // Where it was not, the container runs again, and what reads comes to an end by itself.
  const result = await reading;
  if (inTime) return result;
  throw new TlxcError({
    code: 'TLXC_E_TIMEOUT',
    message: `its root filesystem was not read within ${freezeMs / 1000} s, so it runs on and nothing was kept`,
    container: paths.name,
    hint: `stop it first: tlxc-stop -n ${paths.name}; or let it stand still for longer (--freeze-timeout)`,
  });
}

/** Whether it ended in that time, well or not; says so when it lasts. */
async function settledWithin(
  work: Promise<unknown>,
  limitMs: number,
  warn: Stillness['warn'],
): Promise<boolean> {
  const began = performance.now();
  const noticed = setTimeout(() => warn?.('it is frozen as long as its root filesystem is read'), NOTICED_MS);
  const timer = new AbortController();
  const ended = work.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([ended, sleep(limitMs, false, { signal: timer.signal })]);
  } finally {
    timer.abort();
    clearTimeout(noticed);
    const seconds = (performance.now() - began) / 1000;
    if (seconds * 1000 > NOTICED_MS) warn?.(`it was frozen for ${seconds.toFixed(1)} s`);
  }
}
