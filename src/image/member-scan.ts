/** Judges an archive's members while GNU tar extracts them in its jail: what may not be, and how much of it. */
import { TlxcError } from '../errors.ts';
import { roomHint } from '../room.ts';

export interface ScanLimits {
  /** What is scanned, as an error names it. Default: the archive. */
  readonly archive?: string;
  /** Bytes that all members together may need. */
  readonly bytes: number;
  readonly members: number;
  /** Bytes that the disk has left for them. */
  readonly space: number;
  /** Where they go. */
  readonly place: string;
  /** How another disk is chosen, in words. Default: for the store of images. */
  readonly elsewhere?: string;
  /** Names may begin with a slash, which tar leaves out: layers of OCI images have such. */
  readonly fromRoot?: boolean;
}

export interface Member {
  /** As in ls -l: - d l h c b p. */
  readonly type: string;
  readonly size: number;
  readonly name: string;
  /** Of links, "" for others. */
  readonly target: string;
}

const LINE = /^([-dlhcbpC])\S{9}\S* +\S+ +(\d+|\d+,\d+) +\d{4}-\d\d-\d\d [0-9:.]+ (.*)$/;
/** No name in an image is longer, or lies deeper. */
export const MAX_PATH = 4096;
export const MAX_DEPTH = 256;

/** One line of tar -vv --numeric-owner --full-time --quoting-style=escape; null for a line that is none. */
export function parseMember(line: string): Member | null {
  const [, type = '', size = '', rest = ''] = LINE.exec(line) ?? [];
  if (type === '') return null;
  const arrow = type === 'l' ? ' -> ' : type === 'h' ? ' link to ' : '';
  const at = arrow === '' ? -1 : rest.lastIndexOf(arrow);
  const name = at === -1 ? rest : rest.slice(0, at);
  const target = at === -1 ? '' : rest.slice(at + arrow.length);
  return { type, size: size.includes(',') ? 0 : Number(size), name, target };
}

const climbs = (path: string) =>
  path.startsWith('/') || (path.includes('..') && path.split('/').includes('..'));

const IMAGES = 'keep images elsewhere: tlxc-config tlxc.cachedir DIRECTORY';

const noSpace = ({ space, place, elsewhere = IMAGES }: ScanLimits): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `no space left on device: the archive cannot be unpacked: it needs more than the ${Math.round(space / 2 ** 20)} MiB that may be filled`,
    errno: 'ENOSPC',
    hint: `${roomHint(place) ?? 'make room'}; or ${elsewhere}`,
  });

/** Collects what is wrong; `refused` is set at the first member that makes the archive unacceptable. */
export class MemberScan {
  readonly #limits: ScanLimits;
  /** Device nodes that were unpacked, for containers that may have none. */
  readonly devices: string[] = [];
  refused: TlxcError | null = null;
  readonly #onMember: (member: Member) => void;
  #bytes = 0;
  #members = 0;

  /** `onMember` gets each that is not refused. */
  constructor(limits: ScanLimits, onMember: (member: Member) => void = () => undefined) {
    this.#limits = limits;
    this.#onMember = onMember;
  }

  /** Takes one line of tar's listing. Returns false once the archive is refused. */
  take(line: string): boolean {
    const member = parseMember(line);
    return member === null ? this.refused === null : this.judge(member);
  }

  /** Returns false once the archive is refused. */
  judge(member: Member): boolean {
    if (this.refused === null) {
      this.#members += 1;
      this.#bytes += member.size;
      const problem = this.#problem(member);
      if (problem !== '') this.refuse(problem);
      if (this.#bytes > this.#limits.space) this.refused ??= noSpace(this.#limits);
      if (member.type === 'c' || member.type === 'b') this.devices.push(member.name);
      if (this.refused === null) this.#onMember(member);
    }
    return this.refused === null;
  }

  refuse(problem: string): void {
    this.refused ??= new TlxcError({
      code: 'TLXC_E_IMAGE',
      message: `${this.#limits.archive ?? 'the archive'} is hostile or damaged: ${problem}`,
      hint: 'fetch it again, from where you trust',
    });
  }

  #problem({ type, name, target }: Member): string {
    const { bytes, members, fromRoot = false } = this.#limits;
    const below = (path: string): string => (fromRoot ? path.replace(/^\/+/, '') : path);
    if (climbs(below(name))) return `member ${JSON.stringify(name)} leads out of the root filesystem`;
    if (type === 'h' && climbs(below(target)))
      return `hard link ${JSON.stringify(name)} leads out, to ${JSON.stringify(target)}`;
    if (name.length > MAX_PATH || name.split('/').length > MAX_DEPTH)
      return 'a path in it is too long or too deep';
    if (this.#members > members) return `more than ${members} members`;
    if (this.#bytes > bytes) return `it needs more than ${Math.round(bytes / 2 ** 20)} MiB`;
    return '';
  }
}
