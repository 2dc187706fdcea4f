/**
 * A file that has no name before it is whole: however its writer ends, by Ctrl-C, by the kernel for want of memory or with the machine,
 * nothing of it is left to take up the disk.
 */
import { constants, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoName, errnoWords } from '../errno.ts';
import { native } from '../native/binding.ts';
import { removeFile } from '../remove-file.ts';
import { temporaryBeside } from './atomic-write.ts';

/** asm-generic/fcntl.h; Node has no name for it. O_DIRECTORY differs between architectures. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** Filesystems that have no such files (NFS, FUSE), and kernels that lack them in an overlay. */
const UNKNOWN = ['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL'];

export interface UnnamedFile {
  readonly fd: number;
  /** Gives it the name, in place of what has it. Throws the system's error. */
  readonly name: () => void;
  /** What may be left of it. */
  readonly remove: () => void;
}

/** The directory may be everybody's: what somebody put there is not written through. Throws the system's error. */
export function openUnnamed(to: string, mode: number): UnnamedFile {
  const part = temporaryBeside(to);
  const remove = (): void => removeFile(part);
  try {
    const fd = openSync(dirname(to), O_TMPFILE | constants.O_WRONLY, mode);
    const name = (): void => {
      // A link cannot replace a file, a rename can.
      const failed = native().linkFile({ fd, path: part });
      if (failed !== 0) throw linkError(failed, to);
      renameSync(part, to);
    };
    return { fd, name, remove };
  } catch (error) {
    if (!UNKNOWN.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return { fd: openSync(part, 'wx', mode), name: () => renameSync(part, to), remove };
  }
}

function linkError(errno: number, path: string): Error {
  const code = errnoName(errno);
  return Object.assign(new Error(`link ${path}: ${errnoWords(code)}`), { code, syscall: 'link', path });
}
