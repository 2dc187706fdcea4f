/** SHA-256 of files, read as a stream. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** Of the files one after the other, as 64 hex digits. */
export async function sha256OfFiles(...files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files)
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** A file that was digested, and is open. */
export interface DigestedFile {
  readonly sha256: string;
  /** What was digested, for this process alone, whatever its name means by now. */
  readonly held: string;
}

/** Keeps the file open as long as it is used. Throws the system's error where it cannot be read. */
export async function usingDigested<T>(path: string, use: (file: DigestedFile) => Promise<T>): Promise<T> {
  const handle = await open(path, 'r');
  try {
    const held = `/proc/self/fd/${handle.fd}`;
    return await use({ sha256: await sha256OfFiles(held), held });
  } finally {
    await handle.close();
  }
}
