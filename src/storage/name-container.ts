/** The edits of rootfs-files.ts, where they take power over a plain user's subordinate ids, or something mounted: in a process that has it. */
import { join } from 'node:path';
import { probeHost } from '../host/probe.ts';
import { runProgram } from '../host/program.ts';
import { overAllIds, syncFilesystem } from '../host/trees.ts';
import { packageRoot } from '../package-root.ts';
import { applyNaming, type CopyNaming, type Naming, type NewNaming } from './naming.ts';
import type { View } from './view.ts';

interface Named {
  readonly view: View;
  /** The caller brings to disk what lies below it; of a tree elsewhere that is done here. */
  readonly staging: string;
}

/** Throws TLXC_E_STORAGE. */
async function name({ view, staging }: Named, naming: Naming): Promise<void> {
  const [top = ''] = view.layers;
  if (probeHost().user === null && view.words.length === 0) applyNaming(naming);
  else await runNaming(naming, view.words);
  if (view.words.length === 0 && !top.startsWith(`${staging}/`)) await syncFilesystem(top);
}

async function runNaming(naming: Naming, words: readonly string[]): Promise<void> {
  // Unmounting brings to disk what was mounted, and tells nobody of errors.
  const mounted = words.length > 0 ? (naming.layers[0] ?? '') : '';
  const program = [
    process.execPath,
    join(packageRoot, 'dist/name-rootfs.cjs'),
    JSON.stringify(naming),
    mounted,
  ];
  const what = `the root filesystem could not be given ${naming.name === null ? 'an id' : `the name ${naming.name}`}`;
  await runProgram(overAllIds([...words, ...program]), { code: 'TLXC_E_STORAGE', what });
}

/** As nameRootfs. Throws TLXC_E_STORAGE. */
export const nameContainer = (named: Named, identity: Omit<NewNaming, 'kind' | 'layers'>): Promise<void> =>
  name(named, { kind: 'new', layers: named.view.layers, ...identity });

/** As nameCopy. Throws TLXC_E_STORAGE. */
export async function nameCopy(named: Named, identity: Omit<CopyNaming, 'kind' | 'layers'>): Promise<void> {
  if (identity.name === null && identity.keepMachineId) return;
  await name(named, { kind: 'copy', layers: named.view.layers, ...identity });
}
