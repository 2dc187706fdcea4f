/** A file that is what the store makes of images already: kept as it is where a person says so, and nothing is unpacked. */
import { closeSync, openSync, readSync } from 'node:fs';
import { TlxcError } from '../errors.ts';
import { startProgram } from '../host/program.ts';
import type { ReadOnlyFilesystem } from '../host/read-only-filesystems.ts';
import { sha256OfFiles, type DigestedFile } from './digest.ts';
import { inTree } from './manifest.ts';
import { devicesOfKept, keepFile, packedFile, packedTree } from './packed-image.ts';

export interface Keeping {
  /** A file on this machine that a person named, as errors call it. */
  readonly archive: string;
  /** What it was when it was opened. */
  readonly file: DigestedFile;
  /** Made by us, empty. */
  readonly work: string;
  readonly packs: ReadOnlyFilesystem | null;
  /** The person trusts it: this host's kernel may read it as it is. */
  readonly keep: boolean;
}

/** [type, offset, bytes] */
const MAGIC: readonly (readonly [ReadOnlyFilesystem, number, string])[] = [
  ['squashfs', 0, '68737173'],
  ['erofs', 1024, 'e2e1f5e0'],
];

function typeOf(archive: string): ReadOnlyFilesystem | null {
  const head = Buffer.alloc(2048);
  const fd = openSync(archive, 'r');
  try {
    readSync(fd, head, 0, head.length, 0);
  } finally {
    closeSync(fd);
  }
  const found = MAGIC.find(([, at, hex]) => head.toString('hex', at, at + hex.length / 2) === hex);
  return found?.[0] ?? null;
}

const refuse = (code: 'TLXC_E_UNSUPPORTED' | 'TLXC_E_IMAGE', message: string, hint: string): TlxcError =>
  new TlxcError({ code, message, hint });

/**
 * Resolves to its device nodes outside /dev; null: it is to be unpacked. Throws TLXC_E_UNSUPPORTED for an erofs that is not
 * to be kept, which no program unpacks in the jail, and for what cannot be kept; TLXC_E_IMAGE.
 */
export async function keepArchive(keeping: Keeping): Promise<readonly string[] | null> {
  const { archive, file, work, packs, keep } = keeping;
  const type = typeOf(file.held);
  if (!keep && type === 'erofs')
    throw refuse(
      'TLXC_E_UNSUPPORTED',
      `${archive} is an erofs image, which is not unpacked`,
      "if you trust it: tlxc-image import --pack=erofs --keep has it mounted as it is, by this host's kernel",
    );
  if (!keep) return null;
  if (type === null || type !== packs)
    throw refuse(
      'TLXC_E_UNSUPPORTED',
      `${archive} cannot be kept as it is (--keep): it is no ${packs ?? 'packed'} image`,
      'do not ask to keep it: it is then unpacked, and packed anew',
    );
  await keepFile(file.held, work, { type });
  // Of the copy, which nobody else can change: who may write the file may have done so while it was read.
  if ((await sha256OfFiles(packedFile(work, type))) !== file.sha256)
    throw refuse('TLXC_E_IMAGE', `${archive} was changed while it was read`, 'try again');
  const devices = await devicesOfKept(work, type, archive);
  if (await isNested(work, type))
    throw refuse(
      'TLXC_E_UNSUPPORTED',
      `${archive} cannot be kept as it is (--keep): it holds metadata and a rootfs/, and only a root filesystem can`,
      'do not ask to keep it: it is then unpacked, and packed anew',
    );
  return devices;
}

/** As Incus' images with both in one file. */
async function isNested(work: string, type: ReadOnlyFilesystem): Promise<boolean> {
  const { argv, cwd } = inTree(packedTree(work, type), ['test', '-f', 'metadata.yaml', '-a', '-d', 'rootfs']);
  return (await startProgram(argv, { cwd }).ended).status === 0;
}
