/** Files of an image that is on this machine: below a directory, or members of a tar archive. No link leads out of either. */
import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { errnoName, errnoWords } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { native } from '../../native/binding.ts';
import { decoded } from '../compression.ts';
import { refuse } from './documents.ts';

export type Take = (path: string, content: AsyncIterable<Buffer>) => Promise<void>;

export interface LocalFiles {
  /** Gives take the bytes of each of the files, in whichever order they come. Resolves to how many were there. */
  each(paths: readonly string[], take: Take): Promise<number>;
}

const { O_RDONLY, O_NONBLOCK } = constants;

const cannotRead = (path: string, errno: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${path} cannot be read: ${errnoWords(errno)}`,
    errno,
    path,
    hint: 'look whether it is there, and who may read it (ls -l)',
  });

export class DirectoryFiles implements LocalFiles {
  constructor(readonly root: string) {}

  async each(paths: readonly string[], take: Take): Promise<number> {
    let found = 0;
    for (const path of paths) {
      const fd = native().openInRoot({ root: this.root, path, flags: O_RDONLY | O_NONBLOCK, mode: 0 });
      if (typeof fd !== 'number') {
        const errno = errnoName(fd.errno);
        if (errno === 'ENOENT') continue;
        throw cannotRead(`${this.root}/${path}`, errno);
      }
      try {
        if (!fstatSync(fd).isFile()) throw refuse(`${this.root}/${path}`, 'it is no plain file');
        await take(path, createReadStream('', { fd, autoClose: false, highWaterMark: 1 << 20 }));
      } finally {
        native().closeFd(fd);
      }
      found += 1;
    }
    return found;
  }
}

/** Read from its beginning for each question: nothing of it is ever unpacked. */
export class ArchiveFiles implements LocalFiles {
  constructor(readonly archive: string) {}

  async each(paths: readonly string[], take: Take): Promise<number> {
    const { Parser } = await import('tar');
    const wanted = new Set(paths);
    const taken: Promise<void>[] = [];
    const parser = new Parser({
      onReadEntry: (entry) => {
        const path = entry.path.replace(/^\.\//, '');
        if (!wanted.has(path) || !['File', 'OldFile'].includes(entry.type)) {
          entry.resume();
          return;
        }
        // The last of several members of a name would be the file: no honest archive has two.
        wanted.delete(path);
        const done = take(path, entry);
        // Rejections are waited for below; what is left of the member must not hold up the rest.
        done.catch(() => entry.resume());
        taken.push(done);
      },
    });
    await decode(this.archive, parser);
    await Promise.all(taken);
    return taken.length;
  }
}

interface Sink {
  write(chunk: Buffer): boolean;
  end(): unknown;
  once(event: 'drain' | 'end' | 'error', handle: (error: Error) => void): unknown;
}

async function decode(archive: string, sink: Sink): Promise<void> {
  checkReadable(archive);
  const parsing = { failed: false };
  const parsed = new Promise<void>((resolve) => {
    sink.once('end', () => resolve());
    sink.once('error', () => {
      parsing.failed = true;
      resolve();
    });
  });
  try {
    for await (const chunk of decoded(archive)) {
      if (parsing.failed) break;
      // A parser that fails takes nothing more.
      if (!sink.write(chunk))
        await Promise.race([parsed, new Promise<void>((resolve) => sink.once('drain', () => resolve()))]);
    }
  } finally {
    sink.end();
    await parsed;
  }
  if (parsing.failed) throw refuse(archive, 'it is no whole tar archive');
}

function checkReadable(path: string): void {
  try {
    closeSync(openSync(path, O_RDONLY | O_NONBLOCK));
  } catch (error) {
    throw cannotRead(path, (error as NodeJS.ErrnoException).code ?? '');
  }
}
