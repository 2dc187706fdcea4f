/** For root: who else has a say in what a path leads to. */
import { isAbsolute } from 'node:path';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import { workingDirectory } from '../working-directory.ts';

/** Who may exchange what lies in a directory that a group, or everybody, may write to: anybody. */
export const NOBODY = 65534;

export const isRoot = (): boolean => process.geteuid?.() === 0;

export interface Stranger {
  readonly uid: number;
  /** The same place, without the links that are root's on the way to what is the user's: any further one is not. */
  readonly path: string;
}

/**
 * The first user other than root who can exchange something on the way to the file, or the file itself; NOBODY, too, where that
 * cannot be seen. null: nobody, there is no such file, or this process is not root's, which can do no more than its user. Links
 * are followed as the kernel does.
 */
export function strangerOn(path: string): Stranger | null {
  if (!isRoot()) return null;
  const found = native().strangerOn({ path: isAbsolute(path) ? path : `${workingDirectory()}/${path}` });
  return found && { uid: found.uid ?? NOBODY, path: found.path };
}

/** Why root writes nothing where a link leads that a stranger can change. */
export const linkOfStranger = (path: string, uid: number): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_PERMISSION',
    message: `root writes nothing below ${path}: a link leads there, and user ${uid} can change where to`,
    path,
    hint: 'name the place without links (realpath), or run the command as that user',
  });
