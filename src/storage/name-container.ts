/** The edits of rootfs-files.ts, where a plain user needs power over subordinate ids for them: in a process that has it. */
import { join } from 'node:path';
import { probeHost } from '../host/probe.ts';
import { runProgram } from '../host/program.ts';
import { overAllIds } from '../host/trees.ts';
import { packageRoot } from '../package-root.ts';
import { applyNaming, type Naming } from './naming.ts';

/** Throws TLXC_E_STORAGE. */
async function apply(naming: Naming): Promise<void> {
  if (probeHost().user === null) {
    applyNaming(naming);
    return;
  }
  const program = [process.execPath, join(packageRoot, 'dist/name-rootfs.cjs'), JSON.stringify(naming)];
  const what = `the root filesystem could not be given ${naming.name === null ? 'an id' : `the name ${naming.name}`}`;
  await runProgram(overAllIds(program), { code: 'TLXC_E_STORAGE', what });
}

/** As nameRootfs. Throws TLXC_E_STORAGE. */
export const nameContainer = (
  layers: readonly string[],
  name: string,
  templates: readonly string[],
): Promise<void> => apply({ kind: 'new', layers, name, templates });

/** As nameCopy. Throws TLXC_E_STORAGE. */
export async function nameCopy(naming: Omit<Extract<Naming, { kind: 'copy' }>, 'kind'>): Promise<void> {
  if (naming.name !== null || !naming.keepMachineId) await apply({ kind: 'copy', ...naming });
}
