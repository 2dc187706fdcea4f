/** One lock a container: held by whoever creates, starts or destroys it; readers take none. */
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoName } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import type { ContainerPaths } from './paths.ts';

/** How long a command waits for another one that works on the same container. */
const PATIENCE_MS = 10_000;
const RETRY_MS = 25;

function tryLock(paths: ContainerPaths): number | null {
  const lock = native().lock({ path: paths.lock, wait: false });
  if (typeof lock === 'number') return lock;
  const errno = errnoName(lock.errno);
  if (errno === 'EAGAIN' || errno === 'EWOULDBLOCK') return null;
  const { syscall, path } = lock;
  const message = `cannot lock ${paths.lock}`;
  throw new TlxcError({ code: 'TLXC_E_SYSCALL', message, container: paths.name, syscall, errno, path });
}

/** Makes the run directory (0700) of a container, and those above it. */
export function makeRunDir(paths: ContainerPaths): void {
  mkdirSync(paths.runDir, { recursive: true, mode: 0o700 });
}

/**
 * Runs `work` while this process holds the container's lock; the kernel releases it should the process die.
 * Throws TLXC_E_BUSY when another command holds it for 10 s.
 */
export async function withLock<T>(paths: ContainerPaths, work: () => T | Promise<T>): Promise<T> {
  makeRunDir(paths);
  const deadline = Date.now() + PATIENCE_MS;
  let lock = tryLock(paths);
  while (lock === null) {
    if (Date.now() > deadline) {
      throw new TlxcError({
        code: 'TLXC_E_BUSY',
        message: 'another command works on the container',
        container: paths.name,
        hint: `find it with: fuser -v ${paths.lock}`,
      });
    }
    await sleep(RETRY_MS);
    lock = tryLock(paths);
  }
  try {
    return await work();
  } finally {
    native().closeFd(lock);
  }
}
