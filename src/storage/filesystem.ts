/** Filesystems made for a root filesystem, on a file or a block device. */
import { TlxcError } from '../errors.ts';
import { filesystemType } from '../host/filesystem-type.ts';
import { mounting } from '../host/mounting.ts';
import { isInstalled } from '../host/packers.ts';
import { runProgram } from '../host/program.ts';
import { isReadOnly } from '../host/read-only-filesystems.ts';
import { copyTree } from '../host/trees.ts';
import type { Place } from './backend.ts';
import { withinSize } from './limited.ts';
import type { View } from './view.ts';

/** LXC's. */
export const DEFAULT_SIZE = 1024 ** 3;
const DEFAULT_TYPE = 'ext4';

/** How each is made without a question, on a file as well, and where the program comes from. */
const MAKERS: Readonly<Record<string, { readonly words: readonly string[]; readonly from: string }>> = {
  ext4: { words: ['mkfs.ext4', '-q', '-F'], from: 'e2fsprogs' },
  xfs: { words: ['mkfs.xfs', '-q', '-f'], from: 'xfsprogs' },
  btrfs: { words: ['mkfs.btrfs', '-q', '-f'], from: 'btrfs-progs' },
};

/** How an obstacle begins that another filesystem (--fstype) is the way round. */
export const NO_FILESYSTEM = 'cannot have the filesystem';

/** Why such a filesystem cannot be made; null: it can. In words that follow "backing store NAME". */
export function filesystemObstacle(fstype: string = DEFAULT_TYPE): string | null {
  const maker = MAKERS[fstype];
  if (!maker) return `${NO_FILESYSTEM} ${fstype}: there are ${Object.keys(MAKERS).join(', ')}`;
  const [program = ''] = maker.words;
  return isInstalled(program) ? null : `cannot be used: ${program} is not installed (Debian: ${maker.from})`;
}

/** Makes it on an existing file or device, all of which it takes. Returns its type. Throws TLXC_E_STORAGE. */
export async function makeFilesystem(device: string, fstype: string = DEFAULT_TYPE): Promise<string> {
  const what = `no ${fstype} could be made in ${device}`;
  await runProgram([...(MAKERS[fstype]?.words ?? []), device], { code: 'TLXC_E_STORAGE', what });
  return fstype;
}

/** What a file or device holds. Throws TLXC_E_STORAGE where that is nothing. */
export function filesystemOf(device: string): string {
  const fstype = filesystemType(device);
  if (fstype !== '') return fstype;
  throw new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `blkid finds no filesystem in ${device}`,
    path: device,
    hint: 'is it there, and made with mkfs?',
  });
}

/** A filesystem mounted at an existing directory. */
export function mountedView(source: string, target: string, how: { fstype: string; loop?: boolean }): View {
  const options = isReadOnly(how.fstype) ? 'loop,ro' : how.loop ? 'loop' : 'rw';
  return { words: mounting({ fstype: how.fstype, options, source, target }), layers: [target] };
}

/** Copies all of one view into the empty other one. Throws TLXC_E_STORAGE. */
export async function fill(
  { words, layers: [to = ''] }: View,
  tree: View,
  { onStage }: Place,
): Promise<void> {
  await withinSize(copyTree(tree.layers[0] ?? '', to, { words: [...tree.words, ...words], onStage }));
}
