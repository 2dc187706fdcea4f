/**
 * Unpacks a root filesystem, from a file that is there or still arriving: a tar archive by GNU tar, which alone keeps
 * everything a system needs (owners, set-id bits, devices, capabilities, times), a squashfs image by unsquashfs.
 */
import { chmod, mkdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTree } from '../host/btrfs.ts';
import { asRootOf, withOwnIds, type Mapping } from '../host/mapped.ts';
import { probeHost } from '../host/probe.ts';
import { runProgram } from '../host/program.ts';
import { decoderFor, HEAD, headOf, isSquashfs } from './compression.ts';
import { EarlyDigests } from './early-digests.ts';
import type { Digests } from './file-digests.ts';
import { MAX_BYTES } from './jail.ts';
import { MemberScan } from './member-scan.ts';
import { unpackSquashfs } from './unpack-squashfs.ts';
import { unpackTar } from './unpack-tar.ts';
import type { Unpacking } from './unpacking.ts';

export type { Unpacking } from './unpacking.ts';

export interface Unpacked {
  readonly rootfs: string;
  /** Device nodes outside /dev. */
  readonly devices: readonly string[];
  /** Of its files, as far as they are known; never rejects. */
  readonly digests: Promise<Digests>;
}

export const MAX_MEMBERS = 2_000_000;
/** How much of the free space an image may take; the rest is for who else writes there, for directories and inodes. */
const FILL = 0.8;

/**
 * Throws TLXC_E_IMAGE for a damaged, hostile or oversized archive; the caller removes unpacking.work, not before the digests are
 * there.
 */
export async function unpack(unpacking: Unpacking): Promise<Unpacked> {
  const { archive, arrival, work, mapping = null, nested = false } = unpacking;
  const head = (await arrival?.head(HEAD)) ?? headOf(archive);
  const { rootfs, jail } = await makePlaces(work, mapping);
  const limits = { archive, bytes: MAX_BYTES, members: MAX_MEMBERS, space: await spaceAt(work), place: work };
  const early = new EarlyDigests({ jail, rootfs, mapping, devices: false }, work);
  const packed = isSquashfs(head);
  const scan = new MemberScan(limits, (member) => {
    // unsquashfs lists them before it begins; what is nested moves.
    if (!packed && !nested) early.take(member);
  });
  const job = { ...unpacking, mapping, rootfs, jail, scan };
  try {
    if (packed) await unpackSquashfs(job);
    else await unpackTar(job, decoderFor(head, archive));
  } catch (error) {
    await early.stop();
    throw error;
  }
  const digests = early
    .finish()
    .finally(() => rm(jail, { recursive: true, force: true }).catch(() => undefined));
  return { rootfs, devices: scan.devices, digests };
}

/** The target and the jail of an unpacking, empty. */
export async function makePlaces(
  work: string,
  mapping: Mapping | null,
): Promise<{ readonly rootfs: string; readonly jail: string }> {
  const [rootfs, jail] = [join(work, 'rootfs'), join(work, 'jail')];
  makeTree(work, 'rootfs');
  await mkdir(jail, { mode: 0o700 });
  if (mapping) await openTo(mapping, work, rootfs);
  return { rootfs, jail };
}

/** Bytes that an image may take there. */
export async function spaceAt(work: string): Promise<number> {
  const { bavail, bsize } = await statfs(work);
  return bavail * bsize * FILL;
}

/**
 * The target becomes the container's root's, who may also pass through its parent. The archive is unpacked without the
 * user's own ids: no member can become a file of the user.
 */
async function openTo(mapping: Mapping, work: string, rootfs: string): Promise<void> {
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `${rootfs} could not be given to the container's root`,
  } as const;
  await chmod(work, 0o711);
  await runProgram(asRootOf(withOwnIds(mapping, probeHost()), ['chown', '0:0', '--', rootfs]), failure);
}
