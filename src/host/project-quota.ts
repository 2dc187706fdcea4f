/**
 * Project quotas of ext4 and xfs: a directory belongs to a project, all that is made in it does, and the filesystem keeps
 * the project to a limit. Which project a directory is of is written in the directory itself: there is no other record
 * that could be lost, or copied by mistake. Nobody in a user namespace can change it (the kernel allows that in the first
 * one only), nor change a limit (CAP_SYS_ADMIN there). Takes root.
 */
import { randomInt } from 'node:crypto';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native, type NativeFailure } from '../native/binding.ts';

/** TLXC's ids: far from those that people number by hand (/etc/projid). */
const FIRST_ID = 0x40000000;
const END = 0x7fffffff;
const isOurs = (id: number): boolean => id >= FIRST_ID && id < END;

export interface TreeAccount {
  readonly bytes: number;
  /** 0: none. */
  readonly limit: number;
}

function failed(what: string, path: string, { errno, syscall }: NativeFailure): TlxcError {
  const name = errnoName(errno);
  return new TlxcError({
    code: 'TLXC_E_STORAGE',
    message: `${what} ${path}: ${errnoWords(name)} (${syscall})`,
    ...{ path, errno: name, syscall },
  });
}

/** Throws TLXC_E_STORAGE. */
function got<T extends object>(what: string, path: string, answer: T | NativeFailure): T {
  if ('errno' in answer) throw failed(what, path, answer);
  return answer;
}

const REMEDY =
  'mount it with the option prjquota, ext4 after tune2fs -O project,quota on the device while it is not mounted';

/** Why nothing in the existing directory can be kept to a size; null: it can. In words that follow "cannot be kept to a size". */
export function quotaObstacle(directory: string): string | null {
  const state = native().projectState({ path: directory });
  if ('errno' in state)
    return `the filesystem of ${directory} has no project quotas, which ext4 and xfs have (${REMEDY})`;
  if (!state.enforced) return `the filesystem of ${directory} keeps no limits of projects: ${REMEDY}`;
  return state.id === 0
    ? null
    : `${directory} belongs to the project ${state.id} already, and what is moved there has to be of that one`;
}

/**
 * Keeps all that will be made in the empty directory to so many bytes. Whoever draws the same number at the same time sees
 * two directories in that project, and draws another. Throws TLXC_E_STORAGE.
 */
export function limitTree(path: string, bytes: number): void {
  const what = 'no limit could be set for';
  for (;;) {
    const id = randomInt(FIRST_ID, END);
    if (!isFree(path, id)) continue;
    got(what, path, native().joinProject({ path, id }));
    const { files } = got(what, path, native().projectAccount({ path, id }));
    if (files > 1) continue;
    got(what, path, native().limitProject({ path, id, bytes }));
    return;
  }
}

/** Nothing belongs to it, and it has no limit. */
function isFree(path: string, id: number): boolean {
  const account = native().projectAccount({ path, id });
  // xfs knows nothing of a project that never was.
  if ('errno' in account && errnoName(account.errno) === 'ENOENT') return true;
  const { files, bytes, limit } = got('no project could be found for', path, account);
  return files === 0 && bytes === 0 && limit === 0;
}

/** The project that TLXC gave to the directory; 0: none, or the directory is gone. */
function projectOf(path: string): number {
  const state = native().projectState({ path });
  return 'errno' in state || !isOurs(state.id) ? 0 : state.id;
}

/** null: TLXC has set no limit for it. Never throws. */
export function treeAccount(path: string): TreeAccount | null {
  const id = projectOf(path);
  const account = id === 0 ? null : native().projectAccount({ path, id });
  return account === null || 'errno' in account || account.limit === 0 ? null : account;
}

/** Takes the limit away before the directory is removed: then its number is free. Throws TLXC_E_STORAGE. */
export function releaseTree(path: string): void {
  const id = projectOf(path);
  if (id !== 0) got('the limit could not be taken from', path, native().limitProject({ path, id, bytes: 0 }));
}
