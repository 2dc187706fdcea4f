/** Reads the members of a metadata archive into memory: small regular files, and few of them. */
import { TlxcError } from '../errors.ts';
import { decoded } from './compression.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_MEMBERS = 64;

/** Top-level regular members, name to text. Throws TLXC_E_IMAGE for a damaged archive or one beyond the limits. */
export async function readMetadataArchive(path: string): Promise<Map<string, string>> {
  const { Parser } = await import('tar');
  const members = new Map<string, string>();
  let bytes = 0;
  let count = 0;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      count += 1;
      bytes += entry.size;
      const name = entry.path.replace(/^\.\//, '');
      const wanted =
        /^[a-z0-9][a-z0-9._-]*$/.test(name) && (entry.type === 'File' || entry.type === 'OldFile');
      if (!wanted || count > MAX_MEMBERS || bytes > MAX_BYTES) {
        entry.resume();
        return;
      }
      const chunks: Buffer[] = [];
      entry.on('data', (chunk: Buffer) => chunks.push(chunk));
      entry.on('end', () => members.set(name, Buffer.concat(chunks).toString('utf8')));
    },
  });
  await decodeInto(path, parser, () => bytes > MAX_BYTES || count > MAX_MEMBERS);
  return members;
}

interface Sink {
  write(chunk: Buffer): boolean;
  end(): unknown;
  once(event: 'end' | 'error', handle: (error: Error) => void): unknown;
}

async function decodeInto(path: string, sink: Sink, tooMuch: () => boolean): Promise<void> {
  let taken = 0;
  const parsed = new Promise<void>((resolve, reject) => {
    sink.once('end', () => resolve());
    sink.once('error', reject);
  });
  parsed.catch(() => undefined);
  for await (const chunk of decoded(path)) {
    taken += chunk.length;
    sink.write(chunk);
    // A tar member's header and padding are at most 1 KiB, and pax headers a few more.
    if (tooMuch() || taken > 4 * MAX_BYTES) {
      throw new TlxcError({
        code: 'TLXC_E_IMAGE',
        message: `${path}: more than ${MAX_MEMBERS} members or ${MAX_BYTES} bytes of metadata: refused`,
        hint: 'is this the root filesystem? It comes first: tlxc-image import ROOTFS METADATA',
      });
    }
  }
  sink.end();
  await parsed.catch((cause: unknown) => {
    throw new TlxcError({
      code: 'TLXC_E_IMAGE',
      message: `${path} is no whole tar archive`,
      cause,
      hint: 'fetch it again: it is cut short or damaged',
    });
  });
}
