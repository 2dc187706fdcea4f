/** Whom a name means in a running container: its own /etc/passwd and /etc/group, read as a stranger's files are. */
import { closeSync, constants, fstatSync, readFileSync } from 'node:fs';
import { TlxcError } from '../../errors.ts';
import { resolveUser, type ImageUser } from '../../image/oci/image-user.ts';
import { askMonitor } from '../../monitor/client.ts';
import { native } from '../../native/binding.ts';
import type { ContainerPaths } from '../paths.ts';

/** More than any list of accounts. */
const LARGEST = 4 * 1024 * 1024;

/** "" for what is not there, is no plain file, or is too large to be one of these. */
function accountsFile(root: string, path: string): string {
  // A FIFO in its place would be waited for.
  const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  const fd = native().openInRoot({ root, path, flags, mode: 0 });
  if (typeof fd !== 'number') return '';
  try {
    const stats = fstatSync(fd);
    return stats.isFile() && stats.size <= LARGEST ? readFileSync(fd, 'utf8') : '';
  } finally {
    closeSync(fd);
  }
}

/** USER[:GROUP], names or numbers. Throws TLXC_E_NOT_FOUND for one that the container does not have. */
export function containerUser(
  paths: ContainerPaths,
  user: string,
): Pick<ImageUser, 'uid' | 'gid' | 'groups'> {
  const result = askMonitor(paths, { op: 'info' });
  const pid = result.kind === 'answer' && result.reply.ok ? result.reply.initPid : undefined;
  // The attach that follows says why it cannot be asked.
  if (pid === undefined) return { uid: 0, gid: 0, groups: [] };
  const root = `/proc/${pid}/root`;
  const accounts = { passwd: accountsFile(root, '/etc/passwd'), group: accountsFile(root, '/etc/group') };
  try {
    return resolveUser(user, accounts, paths.name);
  } catch (error) {
    if (!(error instanceof TlxcError)) throw error;
    throw new TlxcError({
      code: 'TLXC_E_NOT_FOUND',
      message: `the container has no user ${JSON.stringify(user)}`,
      container: paths.name,
      hint: 'its /etc/passwd and /etc/group say whom it has',
    });
  }
}
