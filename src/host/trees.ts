/** Whole directory trees: copied, removed and made durable by coreutils, which walk by descriptor and follow no link. */
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { refuseMounted } from './mounts.ts';
import { runProgram, startProgram } from './program.ts';

/**
 * Removes a tree that may be hostile, whatever lies in it. Throws TLXC_E_BUSY where something is mounted below: then
 * nothing is touched; TLXC_E_STORAGE. Absent: nothing to do.
 */
export async function removeTree(path: string): Promise<void> {
  if (!existsSync(path)) return;
  refuseMounted(path);
  const failure = { code: 'TLXC_E_STORAGE', what: `${path} could not be removed` } as const;
  const [name, place] = [basename(path), { cwd: dirname(path) }];
  const remove = ['rm', '-rf', '--one-file-system', '--', name];
  if ((await startProgram(remove, place).ended).status === 0) return;
  // Files made immutable, or for appending only, are not even root's to remove.
  await startProgram(['chattr', '-R', '-f', '-ia', '--', name], place).ended;
  await runProgram(remove, failure, place);
}

/** Copies what is in `from` into the existing directory `to`, with owners, modes, times, links and extended attributes. */
export async function copyTree(from: string, to: string): Promise<void> {
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `the root filesystem could not be copied to ${to}`,
  } as const;
  await runProgram(
    ['cp', '--archive', '--reflink=auto', '--one-file-system', '--', `${from}/.`, to],
    failure,
  );
}

/** Everything written to the filesystem that holds path is on disk when this resolves. */
export async function syncFilesystem(path: string): Promise<void> {
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `what was written below ${path} could not be brought to disk`,
  } as const;
  await runProgram(['sync', '--file-system', '--', path], failure);
}

/** rename(2) within one filesystem, brought to disk. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFilesystem(dirname(to));
}
