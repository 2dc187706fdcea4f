/** RUNDIR/KEY/NAME goes with its container: where a thousand ephemeral ones come and go in a day, /run would be full one day. */
import { join } from 'node:path';
import { removeLocks } from '../lock.ts';
import type { ContainerPaths } from '../paths.ts';

/** Removes it, as far as removeLocks does; the caller holds the container's lock, and the container is gone. */
export function removeRunDir(paths: ContainerPaths): void {
  const { runDir, socket, instance, network, lastExit, restart, startFailure } = paths;
  const records = [socket, instance, network, lastExit, restart, startFailure];
  removeLocks(paths, [...records, join(runDir, 'clones.lock')]);
}
