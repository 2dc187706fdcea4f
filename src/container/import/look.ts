/** Reads an archive to its end, once, and makes nothing: what it is, its small members, and whether it is whole. */
import { createHash } from 'node:crypto';
import { TlxcError } from '../../errors.ts';
import type { Gauge } from '../../gauge.ts';
import type { Arrival } from '../../image/arrival.ts';
import { decoded } from '../../image/compression.ts';
import { blocks, TarWalk, type TakeContent, type WalkedMember } from '../../image/tar-walk.ts';
import { CHECKSUM, FILES, INDEX, type Checksum } from '../export/format.ts';

export type Kind = 'own' | 'incus' | 'vzdump' | 'rootfs';

export interface Look {
  /** What errors call it. */
  readonly archive: string;
  readonly kind: Kind;
  /** The contents of small members that tell about the container, by their names. */
  readonly texts: ReadonlyMap<string, Buffer>;
  /** Device nodes: their names, and which tree they are in. */
  readonly devices: readonly string[];
}

/** What is kept of all kinds of archives. */
const TELLING =
  /^(tlxc\/[^/]+(\/[^/]+)?|snapshots\/[^/]+\/(config|ts|comment)|backup\/index\.yaml|etc\/vzdump\/pct\.conf)$/;
const INCUS = 'backup/index.yaml';
const VZDUMP = 'etc/vzdump/pct.conf';
const MAX_TEXT = 1024 * 1024;
const MAX_TEXTS = 1000;

const refuse = (archive: string, why: string, hint?: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_IMAGE',
    message: `${archive}: ${why}`,
    ...(hint !== undefined && { hint }),
  });

/** What has been seen while the archive passes. */
class Seen {
  readonly texts = new Map<string, Buffer>();
  readonly devices: string[] = [];
  /** Where the checksum's member begins, and what is in it. */
  checksumAt = -1;
  checksum: Checksum | null = null;
  afterChecksum = false;
  /** Something that a root filesystem has. */
  isSystem = false;

  member(member: WalkedMember): TakeContent | null {
    const { name, type, size } = member;
    if (this.checksumAt >= 0) this.afterChecksum = true;
    if (type === 'CharacterDevice' || type === 'BlockDevice') this.devices.push(name);
    if (/^(etc|usr|bin|sbin)(\/|$)/.test(name)) this.isSystem = true;
    const isText = (type === 'File' || type === 'OldFile') && size <= MAX_TEXT && TELLING.test(name);
    if (!isText || this.texts.size >= MAX_TEXTS) return null;
    if (name === CHECKSUM) {
      this.checksumAt = member.at;
      return (content) => void (this.checksum = parseChecksum(content));
    }
    return (content) => void this.texts.set(name, content);
  }
}

function parseChecksum(content: Buffer): Checksum | null {
  try {
    const value = JSON.parse(content.toString('utf8')) as Partial<Checksum> | null;
    return typeof value?.sha256 === 'string' && typeof value.bytes === 'number' ? (value as Checksum) : null;
  } catch {
    return null;
  }
}

export interface Looking {
  /** What errors call it. Default: its path. */
  readonly archive?: string;
  /** It is being written: its bytes are taken as they come. */
  readonly arrival?: Arrival;
  readonly onGauge?: (gauge: Gauge) => void;
  /** Called once it has told what it is, mostly by its first member; who throws then is spared the rest. */
  readonly onTold?: (look: Look) => void;
}

/** The archive at path. Throws TLXC_E_IMAGE for what is damaged, cut short, or no archive of a container. */
export async function lookInto(path: string, looking: Looking = {}): Promise<Look> {
  const { archive = path } = looking;
  const seen = new Seen();
  const digest = await pass(path, { ...looking, archive }, seen);
  const kind = kindOf(seen);
  if (kind === null)
    throw refuse(
      archive,
      'neither a container nor a root filesystem is in it',
      'tlxc-import takes what tlxc-export, incus export, lxc export and vzdump write, and archives of root filesystems',
    );
  if (kind === 'own') checkWhole(archive, seen, digest);
  return { archive, kind, texts: seen.texts, devices: seen.devices };
}

function kindOf({ texts, isSystem }: Seen): Kind | null {
  if (texts.has(INDEX)) return 'own';
  if (texts.has(INCUS)) return 'incus';
  if (texts.has(VZDUMP)) return 'vzdump';
  return isSystem ? 'rootfs' : null;
}

function checkWhole(archive: string, { checksum, checksumAt, afterChecksum }: Seen, digest: string): void {
  if (checksumAt < 0) throw refuse(archive, 'it is not whole: its end is missing', 'transfer it once more');
  if (checksum?.sha256 === digest && checksum.bytes === checksumAt && !afterChecksum) return;
  throw refuse(archive, 'it is not what was exported: its checksum is wrong', 'transfer it once more');
}

/** Returns the digest of what lies before the checksum. */
async function pass(path: string, looking: Looking & { archive: string }, seen: Seen): Promise<string> {
  const { archive, arrival, onGauge, onTold } = looking;
  const walk = await TarWalk.begin((member) => seen.member(member), archive);
  const hash = createHash('sha256');
  let told = false;
  for await (const chunk of blocks(decoded(path, { what: archive, arrival, onGauge }))) {
    const [begin, own] = [walk.offset, walk.take(chunk)];
    const counted = seen.checksumAt < 0 ? own : Math.min(own, seen.checksumAt - begin);
    if (counted > 0) hash.update(chunk.subarray(0, counted));
    const kind = told ? null : kindOf(seen);
    if (kind === null || kind === 'rootfs') continue;
    told = true;
    onTold?.({ archive, kind, texts: seen.texts, devices: seen.devices });
  }
  if (!walk.ended) throw refuse(archive, 'it is not whole: its end is missing', 'transfer it once more');
  return hash.digest('hex');
}

/** What of a container's directory says how it stands here (clones.ts, half-written files), or is made anew. */
const NOT_ITS_OWN = /^(\.|\.\.|\.tlxc-.*|config|rootfs|snaps|overlay|partial|lxc_snapshots|lxc_rdepends)$/s;

/** Files of the container's directory that came with it. */
export const ownFilesIn = ({ texts }: Look): ReadonlyMap<string, Buffer> =>
  new Map(
    [...texts].flatMap(([name, content]) => {
      const file = name.startsWith(FILES) ? name.slice(FILES.length) : '';
      return /^[^/]+$/.test(file) && !NOT_ITS_OWN.test(file) ? [[file, content] as const] : [];
    }),
  );
