/** diff.ts, where that takes power over a plain user's subordinate ids, or something mounted: in a process that has it. */
import { join } from 'node:path';
import { errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { probeHost } from '../host/probe.ts';
import { runProgram } from '../host/program.ts';
import { overAllIds } from '../host/trees.ts';
import { packageRoot } from '../package-root.ts';
import { compareTrees, type Change, type Comparison } from './diff.ts';

/** Throws TLXC_E_STORAGE. */
export async function diffRootfs(
  comparison: Comparison,
  words: readonly string[] = [],
): Promise<readonly Change[]> {
  const what = 'the root filesystems could not be compared';
  if (probeHost().user === null && words.length === 0) {
    try {
      return compareTrees(comparison);
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (error instanceof TlxcError || code === undefined) throw error;
      const message = `${what}: ${errnoWords(code)}`;
      throw new TlxcError({
        code: 'TLXC_E_STORAGE',
        message,
        errno: code,
        ...(path && { path }),
        cause: error,
      });
    }
  }
  const program = [process.execPath, join(packageRoot, 'dist/diff-trees.cjs'), JSON.stringify(comparison)];
  const changes: Change[] = [];
  const stdout = (line: string): unknown => changes.push(JSON.parse(line) as Change);
  await runProgram(overAllIds([...words, ...program]), { code: 'TLXC_E_STORAGE', what }, { stdout });
  return changes;
}
