/** Follows the bytes of a tar archive from member to member as they pass; and members of our own making. */
import type { Header as TarHeader, Pax as TarPax } from 'tar';
import { TlxcError } from '../errors.ts';

const BLOCK = 512;
/** What ends an archive. */
export const END = Buffer.alloc(2 * BLOCK);
/** Of an extended header; names are at most 4 KiB, attributes 64 KiB each. */
const MAX_EXTENSION = 1024 * 1024;

export interface WalkedMember {
  /** Without "./" before it. */
  readonly name: string;
  /** As the package tar calls it: File, Directory, CharacterDevice … */
  readonly type: string;
  readonly size: number;
  /** Where its header begins. */
  readonly at: number;
}

/** Gets the whole content of a member, when it has passed. */
export type TakeContent = (content: Buffer) => void;

interface Library {
  readonly Header: typeof TarHeader;
  readonly Pax: typeof TarPax;
}

const damaged = (archive: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${archive} is damaged: what should be a header is none`,
    hint: 'fetch it again',
  });

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

/** Chunks of whole blocks, whatever sizes come. */
export async function* blocks(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % BLOCK);
    if (whole > 0) yield bytes.subarray(0, whole);
    rest = bytes.subarray(whole);
  }
  if (rest.length > 0) yield Buffer.concat([rest, Buffer.alloc(BLOCK - rest.length)]);
}

export class TarWalk {
  /** Its end was seen; what follows belongs to nothing. */
  ended = false;
  /** So many bytes have passed. */
  offset = 0;
  /** Of the content of the member that is passing, with its padding. */
  #left = 0;
  #content: { readonly size: number; readonly chunks: Buffer[]; readonly take: TakeContent } | null = null;
  #extension: Record<string, unknown> = {};

  private constructor(
    private readonly library: Library,
    /** Told of every member; what it gives back gets its content, which is then kept in memory. */
    private readonly onMember: (member: WalkedMember) => TakeContent | null,
    private readonly archive: string,
  ) {}

  /** `archive`: what errors call it. */
  static async begin(
    onMember: (member: WalkedMember) => TakeContent | null,
    archive = 'the archive',
  ): Promise<TarWalk> {
    return new TarWalk(await import('tar'), onMember, archive);
  }

  /** Takes whole blocks. Returns how many of these bytes belong to the archive, its end left out. Throws TLXC_E_IMAGE. */
  take(chunk: Buffer): number {
    let at = 0;
    while (at < chunk.length && !this.ended)
      at +=
        this.#left > 0
          ? this.#takeContent(chunk.subarray(at))
          : this.#takeHeader(chunk.subarray(at, at + BLOCK));
    return at;
  }

  #takeContent(bytes: Buffer): number {
    const part = bytes.subarray(0, Math.min(this.#left, bytes.length));
    this.#content?.chunks.push(Buffer.from(part));
    this.#left -= part.length;
    this.offset += part.length;
    this.#finish();
    return part.length;
  }

  #takeHeader(block: Buffer): number {
    this.#header(block);
    if (this.ended) return 0;
    this.offset += BLOCK;
    this.#finish();
    return BLOCK;
  }

  /** Gives the member's content to who wanted it, when all of it has passed. */
  #finish(): void {
    if (this.#left > 0) return;
    const content = this.#content;
    this.#content = null;
    content?.take(Buffer.concat(content.chunks).subarray(0, content.size));
  }

  /** Numbers that are none are no bytes of a header: the library throws. */
  #decode(block: Buffer): TarHeader {
    try {
      return new this.library.Header(block, 0, this.#extension);
    } catch {
      throw damaged(this.archive);
    }
  }

  #header(block: Buffer): void {
    const header = this.#decode(block);
    if (header.nullBlock) {
      this.ended = true;
      return;
    }
    const size = header.size ?? 0;
    if (!header.cksumValid || !Number.isSafeInteger(size) || size < 0) throw damaged(this.archive);
    const { type } = header;
    // Links and directories may name a size, and have no content.
    const hasContent = ![
      'Link',
      'SymbolicLink',
      'Directory',
      'CharacterDevice',
      'BlockDevice',
      'FIFO',
    ].includes(type);
    this.#left = hasContent ? padded(size) : 0;
    if (
      ['ExtendedHeader', 'NextFileHasLongPath', 'OldGnuLongPath', 'NextFileHasLongLinkpath'].includes(type)
    ) {
      if (size > MAX_EXTENSION) throw damaged(this.archive);
      this.#keep(size, (content) => this.#extend(type, content));
      return;
    }
    this.#extension = {};
    const name = (header.path ?? '').replace(/^(\.\/)+/, '');
    const take = this.onMember({ name, type, size, at: this.offset });
    if (take) this.#keep(size, take);
  }

  #keep(size: number, take: TakeContent): void {
    this.#content = { size, chunks: [], take };
  }

  #extend(type: string, content: Buffer): void {
    if (type === 'ExtendedHeader')
      this.#extension = Object.assign({}, this.#extension, this.library.Pax.parse(content.toString('utf8')));
    else {
      const text = content.toString('utf8').replace(/\0[^]*$/, '');
      this.#extension = { ...this.#extension, [type.endsWith('Linkpath') ? 'linkpath' : 'path']: text };
    }
  }
}

/** A regular file of root's, 0600, as an archive holds it; a name of less than 100 bytes. */
export async function tarMember(name: string, content: Buffer): Promise<Buffer> {
  const { Header } = await import('tar');
  const block = Buffer.alloc(BLOCK);
  const about = { path: name, mode: 0o600, uid: 0, gid: 0, size: content.length, type: 'File' as const };
  new Header({ ...about, mtime: new Date(0) }).encode(block, 0);
  return Buffer.concat([block, content, Buffer.alloc(padded(content.length) - content.length)]);
}
