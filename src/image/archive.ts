/** Trees and files into archives: tar and a compressor that uses every core, connected by a pipe; whole or not at all. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { openUnnamed } from '../config/unnamed-file.ts';
import { usageError } from '../errors.ts';
import type { OnStage } from '../gauge.ts';
import { writtenBy } from '../host/copy-gauge.ts';
import { programError, startProgram, type Ended } from '../host/program.ts';
import { syncDirectory } from '../sync-directory.ts';
import { inTree, type Tree } from './manifest.ts';
import { measureInTree } from './tree-gauge.ts';

/** Blocks of this size are what lets xz decode on every core. */
const BLOCK = '24MiB';

/** By the archive's name. LEVEL becomes the number. */
const COMPRESSORS: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\.(tar\.xz|txz)$/, ['xz', '-T0', '-LEVEL', `--block-size=${BLOCK}`, '-c']],
  [/\.(tar\.zst|tzst)$/, ['zstd', '-T0', '-q', '-c']],
  [/\.(tar\.gz|tgz)$/, ['gzip', '-n', '-c']],
  [/\.tar$/, ['cat']],
];

/** Throws TLXC_E_USAGE for a name that says no kind of archive. */
export function compressorOf(file: string, level = 6): string[] {
  const [, argv] = COMPRESSORS.find(([pattern]) => pattern.test(file)) ?? [];
  if (argv) return argv.map((word) => word.replace('LEVEL', String(level)));
  throw usageError(
    `${file}: its name does not say what kind of archive it is to be`,
    'let it end in .tar.xz, .tar.zst, .tar.gz or .tar',
  );
}

/** As distributions pack their images: numbers for owners, every attribute that unpacking restores, sorted. */
export const TAR = [
  ...['tar', '--create', '--file=-', '--format=posix', '--sort=name', '--numeric-owner', '--acls'],
  ...['--xattrs', '--xattrs-include=user.*', '--xattrs-include=security.capability'],
  ...['--pax-option=delete=atime,delete=ctime', '.'],
];

/** The tree as an archive at `to`, with the owners that a container sees. Throws TLXC_E_STORAGE, TLXC_E_USAGE. */
export async function archiveTree(
  tree: Tree,
  to: string,
  { level, onStage }: { readonly level?: number; readonly onStage?: OnStage | undefined } = {},
): Promise<void> {
  const compressor = compressorOf(to, level);
  await written(to, async (output) => {
    const packer = startProgram(compressor, { stdin: 'pipe', stdout: output });
    const pipe = packer.child.stdin;
    if (!pipe) throw new Error('the compressor has no standard input');
    const { argv, cwd } = inTree(tree, TAR);
    const tar = startProgram(argv, { cwd, stdout: pipe });
    // Both children have their ends now.
    pipe.destroy();
    const measured = measureInTree(tar, tree, { done: writtenBy(tar), as: 'archive' });
    onStage?.('exporting', measured.gauge);
    const ended = Promise.all([tar.ended, packer.ended]);
    return ended.finally(measured.end);
  });
}

/** A file's content compressed as the name of `to` says. */
export async function compressFile(from: string, to: string, level?: number): Promise<void> {
  const compressor = compressorOf(to, level);
  await written(to, async (output) => {
    const input = openSync(from, 'r');
    const packer = startProgram(compressor, { stdin: input, stdout: output });
    closeSync(input);
    return [await packer.ended];
  });
}

/** What the programs write to the descriptor comes to be at `to`, on disk, if all of them succeed. */
export async function written(
  to: string,
  run: (output: number) => Promise<readonly Ended[]>,
  mode = 0o644,
): Promise<void> {
  const { fd: output, name, remove } = openUnnamed(to, mode);
  try {
    const failed = (await run(output)).find(({ status }) => status !== 0);
    if (failed)
      throw programError(failed, {
        code: 'TLXC_E_STORAGE',
        what: `${to} could not be written`,
        writesTo: to,
      });
    fsyncSync(output);
    name();
    syncDirectory(dirname(to));
  } catch (error) {
    remove();
    throw error;
  } finally {
    closeSync(output);
  }
}
