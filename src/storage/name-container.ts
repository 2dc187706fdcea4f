/** The edits of rootfs-files.ts, where they take power over a plain user's subordinate ids, or something mounted: in a process that has it. */
import { join } from 'node:path';
import { probeHost } from '../host/probe.ts';
import { runProgram } from '../host/program.ts';
import { overAllIds } from '../host/trees.ts';
import { packageRoot } from '../package-root.ts';
import { applyNaming, type Naming } from './naming.ts';
import type { Identity } from './rootfs-files.ts';
import type { View } from './view.ts';

/** Throws TLXC_E_STORAGE. */
async function apply(naming: Naming, words: readonly string[]): Promise<void> {
  if (probeHost().user === null && words.length === 0) {
    applyNaming(naming);
    return;
  }
  const program = [process.execPath, join(packageRoot, 'dist/name-rootfs.cjs'), JSON.stringify(naming)];
  const what = `the root filesystem could not be given ${naming.name === null ? 'an id' : `the name ${naming.name}`}`;
  await runProgram(overAllIds([...words, ...program]), { code: 'TLXC_E_STORAGE', what });
}

/** As nameRootfs. Throws TLXC_E_STORAGE. */
export const nameContainer = ({ layers, words }: View, identity: Identity): Promise<void> =>
  apply({ kind: 'new', layers, ...identity }, words);

/** As nameCopy. Throws TLXC_E_STORAGE. */
export async function nameCopy(
  { layers, words }: View,
  name: string | null,
  keepMachineId: boolean,
): Promise<void> {
  if (name !== null || !keepMachineId) await apply({ kind: 'copy', layers, name, keepMachineId }, words);
}
