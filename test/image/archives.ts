/** Tar archives written entry by entry, so that they can say what no honest program writes. */
import { Header } from 'tar';

export interface Entry {
  readonly path: string;
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'BlockDevice' | 'FIFO';
  readonly linkpath?: string;
  readonly content?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** What the header claims, where it is not the content's length. */
  readonly size?: number;
}

const BLOCK = 512;

function header(entry: Entry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const {
    path,
    type = 'File',
    mode = type === 'Directory' ? 0o755 : 0o644,
    uid = 0,
    gid = 0,
    linkpath = '',
  } = entry;
  const made = new Header({
    path,
    type,
    mode,
    uid,
    gid,
    linkpath,
    size,
    mtime: new Date(0),
    devmaj: 1,
    devmin: 3,
  });
  // Where a field is too small for its value (a size in octal), encode says so and writes it in binary all the same.
  made.encode(block);
  return block;
}

/** The bytes of an archive with these entries. */
export function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from(entry.content ?? '');
    const padding = Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);
    return [header(entry, entry.size ?? content.length), content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}
