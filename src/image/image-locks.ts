/** One process at a time makes, changes or removes an image: a lock file an image, .lock-ID, gone when nobody holds it. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import { removeFile } from '../remove-file.ts';

export const LOCK = '.lock-';
const POLL_MS = 200;
const EWOULDBLOCK = 11;

export class ImageLocks {
  constructor(readonly directory: string) {}

  #path(id: string): string {
    return join(this.directory, LOCK + id);
  }

  /** Runs the action unless somebody has the image's lock. */
  async ifFree(id: string, action: () => void | Promise<void>): Promise<void> {
    const lock = native().lock({ path: this.#path(id), wait: false });
    if (typeof lock !== 'number') return;
    try {
      await action();
    } finally {
      removeFile(this.#path(id));
      native().closeFd(lock);
    }
  }

  /** Runs the action with the image's lock; onWait is called once where another process has it. Throws TLXC_E_STORAGE. */
  async holding<T>(id: string, onWait: (() => void) | undefined, action: () => Promise<T>): Promise<T> {
    const lock = await this.#take(id, onWait);
    try {
      return await action();
    } finally {
      // Removed while it is held: who opened it meanwhile sees that it has no name any more, and tries again.
      removeFile(this.#path(id));
      native().closeFd(lock);
    }
  }

  async #take(id: string, onWait: () => void = () => undefined): Promise<number> {
    for (let tries = 0; ; tries++) {
      const lock = native().lock({ path: this.#path(id), wait: false });
      if (typeof lock === 'number') return lock;
      if (lock.errno !== EWOULDBLOCK) {
        const errno = errnoName(lock.errno);
        throw new TlxcError({
          code: 'TLXC_E_STORAGE',
          message: `the image store ${this.directory} cannot be locked: ${errnoWords(errno)}`,
          errno,
          hint: `look at ${this.directory} (ls -ld)`,
        });
      }
      if (tries === 0) onWait();
      await sleep(POLL_MS);
    }
  }
}
