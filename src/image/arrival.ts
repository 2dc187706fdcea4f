/**
 * A file that is still on its way: its writer says how far it has come, and a reader follows behind. Resumed transfers and
 * further tries are the writer's affair, and neither side waits for the other's speed: what the reader has not yet taken
 * lies in the file.
 */
import { closeSync, write as writeFd } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';
import { native } from '../native/binding.ts';

const CHUNK = 256 * 1024;
const write = promisify(writeFd);

export class Arrival {
  #path = '';
  #size = 0;
  #state: 'coming' | 'whole' | 'broken' = 'coming';
  #follows = false;
  #beganAnew = false;
  #awake: () => void = () => undefined;
  #news = this.#nextNews();

  /** So many bytes of it are in the file at `path`, from its beginning. */
  reached(path: string, size: number): void {
    const moved = this.#path !== '' && path !== this.#path;
    if (this.#follows && (size < this.#size || moved)) this.#beganAnew = true;
    [this.#path, this.#size] = [path, size];
    this.#tell();
  }

  /** It is whole, is what it should be, and lies at `path` from now on. */
  arrived(path: string): void {
    this.#path = path;
    this.#state = 'whole';
    this.#tell();
  }

  /** It will never be whole. */
  failed(): void {
    this.#state = 'broken';
    this.#tell();
  }

  /** What a reader was given is not what the file holds now: the server had it begin anew. */
  get beganAnew(): boolean {
    return this.#beganAnew;
  }

  /** Resolves to the first bytes, to fewer where the file is shorter. Throws where it will never be whole. */
  async head(length: number): Promise<Buffer> {
    for await (const chunk of this.#from(length)) return chunk.subarray(0, length);
    return Buffer.alloc(0);
  }

  /**
   * All its bytes as they come, each piece until the next is asked for; ends once the file is known to be what it should be. Throws where
   * it never will, or begins anew.
   */
  chunks(): AsyncGenerator<Buffer> {
    return this.#from(1);
  }

  /** Resolves to false where it will never be whole. */
  async whole(): Promise<boolean> {
    while (this.#state === 'coming') await this.#news;
    return this.#state === 'whole';
  }

  /** From its beginning, at least `least` bytes at first where there are so many. */
  async *#from(least: number): AsyncGenerator<Buffer> {
    this.#follows = true;
    await this.#past(least - 1);
    const file = await this.#open();
    // One for all: new memory for each piece takes as long as what is done with it.
    const buffer = Buffer.allocUnsafeSlow(CHUNK);
    try {
      for (let at = 0; at < this.#size || this.#state === 'coming';) {
        const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK, Math.max(this.#size - at, 1)), at);
        if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
        at += bytesRead;
        await this.#past(at);
      }
    } finally {
      await file.close();
    }
  }

  async #open(): Promise<FileHandle> {
    for (;;) {
      const path = this.#path;
      try {
        return await open(path, 'r');
      } catch (error) {
        // Renamed meanwhile.
        if (path === this.#path) throw error;
      }
    }
  }

  /** There are more than so many bytes, or all there will be. */
  async #past(size: number): Promise<void> {
    while (this.#state === 'coming' && this.#size <= size && !this.#beganAnew) await this.#news;
    if (this.#state === 'broken' || this.#beganAnew) throw new Error('the file did not arrive whole');
  }

  #tell(): void {
    const awake = this.#awake;
    this.#news = this.#nextNews();
    awake();
  }

  #nextNews(): Promise<void> {
    return new Promise((resolve) => {
      this.#awake = resolve;
    });
  }
}

/**
 * A pipe that what comes is written to as it comes, through one buffer. `outlet` is the caller's: the decoder's standard input, then
 * to be closed. How the decoder ended tells whether it took everything; `fed` never rejects.
 */
export function feed(
  arrival: Arrival,
  count: (bytes: number) => void = () => undefined,
): { readonly outlet: number; readonly fed: Promise<void> } {
  const [outlet, inlet] = native().pipe({ bytes: 4 * CHUNK });
  return { outlet, fed: writeAll(arrival, inlet, count) };
}

async function writeAll(arrival: Arrival, inlet: number, count: (bytes: number) => void): Promise<void> {
  try {
    for await (const chunk of arrival.chunks()) {
      count(chunk.length);
      for (let at = 0; at < chunk.length;) at += (await write(inlet, chunk, at)).bytesWritten;
    }
  } catch {
    // The transfer says why it did not arrive whole, and the decoder why it takes no more.
  } finally {
    closeSync(inlet);
  }
}
