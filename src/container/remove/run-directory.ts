/** RUNDIR/KEY/NAME goes with its container: where a thousand ephemeral ones come and go in a day, /run would be full one day. */
import { rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { native } from '../../native/binding.ts';
import { monitorLock } from '../lock.ts';
import type { ContainerPaths } from '../paths.ts';

/**
 * Removes it; the caller holds the container's lock, and the container is gone. Its lock is the last to go: who waits for it sees
 * that it has no name any more, and makes another (withLock). What somebody else has there (a comparison of snapshots, the lock of
 * a command that was quicker) stays, and the directory with it. So does all where a monitor has yet to end.
 */
export function removeRunDir(paths: ContainerPaths): void {
  const monitor = native().lock({ path: monitorLock(paths), wait: false });
  if (typeof monitor !== 'number') return;
  const { runDir, socket, instance, network, lastExit, restart, startFailure, lock } = paths;
  const records = [socket, instance, network, lastExit, restart, startFailure];
  try {
    for (const file of [...records, join(runDir, 'clones.lock'), monitorLock(paths), lock])
      rmSync(file, { force: true });
    rmdirSync(runDir);
  } catch {
    // Not empty, or not ours to change: as it was before, and no reason to say that the container is still there.
  } finally {
    native().closeFd(monitor);
  }
}
