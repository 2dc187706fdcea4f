/** SHA-256 of files, read as a stream. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

/** Of the files one after the other, as 64 hex digits. */
export async function sha256OfFiles(...files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files)
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  return hash.digest('hex');
}
