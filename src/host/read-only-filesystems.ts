/** Filesystems that are made once and never written, whole without a journal: what a layer below others can be. */
import { kernelAtLeast } from './kernel.ts';

export const READ_ONLY_FILESYSTEMS = ['squashfs', 'erofs'] as const;

/** What an image can be packed as. */
export type ReadOnlyFilesystem = (typeof READ_ONLY_FILESYSTEMS)[number];

/** Since when the kernel maps the ids of a mount of it. */
const IDMAPPED: Readonly<Record<ReadOnlyFilesystem, readonly [major: number, minor: number]>> = {
  squashfs: [6, 2],
  erofs: [5, 19],
};

export const isReadOnly = (fstype: string): fstype is ReadOnlyFilesystem =>
  READ_ONLY_FILESYSTEMS.some((known) => known === fstype);

/** Why a kernel of this release does not map the ids of such a mount; undefined where it does. */
export function obstacleToMapping(fstype: ReadOnlyFilesystem, release: string): string | undefined {
  const [major, minor] = IDMAPPED[fstype];
  if (kernelAtLeast(release, major, minor)) return undefined;
  return `Linux ${release} does not map the ids of ${fstype} for a container (${major}.${minor} does)`;
}
