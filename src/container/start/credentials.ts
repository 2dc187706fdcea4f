/** The files that tlxc.credential.load names, read once for a start. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { ReadConfig } from '../../config/load.ts';
import { askerName, openForReading, type Asker } from '../../config/open-file.ts';
import { errnoWords } from '../../errno.ts';
import type { ReadSecret, StartFiles } from '../../plan/input.ts';

/** systemd's limit for all credentials together; the plan's compiler counts. */
const LARGEST = 1024 * 1024;

/** Up to one byte more than there may be: what grows meanwhile is refused for its size. */
function contents(fd: number): ReadSecret {
  const stats = fstatSync(fd);
  if (!stats.isFile()) return { why: 'it is no regular file' };
  if (stats.size > LARGEST)
    return { why: `it is ${stats.size} bytes long: all credentials together have at most 1 MiB` };
  const bytes = Buffer.alloc(stats.size + 1);
  let length = 0;
  for (let count = -1; count !== 0 && length < bytes.length; length += count)
    count = readSync(fd, bytes, length, bytes.length - length, null);
  return length > stats.size ? { why: 'it grew while it was read' } : bytes.subarray(0, length);
}

function read(path: string, asker: Asker): ReadSecret {
  let fd = -1;
  try {
    ({ fd } = openForReading(path, asker));
    const found = contents(fd);
    return 'why' in found ? { why: `${path}: ${found.why}` } : found;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const words = code === undefined ? (error as Error).message : errnoWords(code);
    const why = asker !== null && code === 'EACCES' ? `${askerName(asker)} may not` : words;
    return { why: `${path} cannot be read: ${why}` };
  } finally {
    if (fd >= 0) closeSync(fd);
  }
}

/** Any bytes, with the rights of whoever wrote the line. */
export const readCredentials = ({
  config: { credentials },
  askerOf,
}: ReadConfig): StartFiles['credentials'] =>
  Object.fromEntries(
    credentials.flatMap(({ value: { name, file }, at }) =>
      file === undefined ? [] : [[name, read(file, askerOf(at.file))]],
    ),
  );
