/** A file that is what the store makes of images already: it is kept as it is, and nothing is unpacked. */
import { rm } from 'node:fs/promises';
import { TlxcError } from '../errors.ts';
import { filesystemType } from '../host/filesystem-type.ts';
import { isForeign, refuseForeign } from '../host/forged-image.ts';
import { startProgram } from '../host/program.ts';
import { isReadOnly, type ReadOnlyFilesystem } from '../host/read-only-filesystems.ts';
import { inTree } from './manifest.ts';
import { devicesOfKept, keepFile, packedFile, packedTree } from './packed-image.ts';

export interface Keeping {
  /** A file on this machine that a person named. */
  readonly archive: string;
  /** Made by us, empty. */
  readonly work: string;
  readonly packs: ReadOnlyFilesystem | null;
}

/**
 * Resolves to its device nodes outside /dev; null: it is to be unpacked. The kernel is to read what the file holds, so
 * it must be root's alone. Throws TLXC_E_UNSUPPORTED for an erofs that is not to be kept: no program unpacks one in the
 * jail; TLXC_E_PERMISSION, TLXC_E_IMAGE.
 */
export async function keepArchive({ archive, work, packs }: Keeping): Promise<readonly string[] | null> {
  const type = filesystemType(archive);
  if (!isReadOnly(type)) return null;
  if (packs !== type) {
    if (type === 'squashfs') return null;
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `${archive} is an erofs image, which is not unpacked`,
      path: archive,
      hint: 'tlxc-create -B erofs and tlxc-image import --pack=erofs keep it as it is',
    });
  }
  if (type === 'squashfs' && isForeign(archive)) return null;
  refuseForeign(archive);
  await keepFile(archive, work, { type });
  const devices = await devicesOfKept(work, type, archive);
  if (!(await isNested(work, type))) return devices;
  if (type === 'erofs')
    throw new TlxcError({
      code: 'TLXC_E_UNSUPPORTED',
      message: `${archive} holds metadata and a rootfs/, and only a root filesystem can be kept as it is`,
      path: archive,
      hint: 'import it without --pack',
    });
  await rm(packedFile(work, type));
  return null;
}

/** As Incus' images with both in one file. */
async function isNested(work: string, type: ReadOnlyFilesystem): Promise<boolean> {
  const { argv, cwd } = inTree(packedTree(work, type), ['test', '-f', 'metadata.yaml', '-a', '-d', 'rootfs']);
  return (await startProgram(argv, { cwd }).ended).status === 0;
}
