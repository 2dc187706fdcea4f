/** The edits of rootfs-files.ts, where they take power over a plain user's subordinate ids, or something mounted: in a process that has it. */
import { join } from 'node:path';
import { TlxcError } from '../errors.ts';
import { probeHost } from '../host/probe.ts';
import { programError, startProgram } from '../host/program.ts';
import { overAllIds, syncFilesystem } from '../host/trees.ts';
import { packageRoot } from '../package-root.ts';
import { applyNaming, type CopyNaming, type Naming, type NewNaming } from './naming.ts';
import type { View } from './view.ts';

interface Named {
  readonly view: View;
  /** The caller brings to disk what lies below it; of a tree elsewhere that is done here. */
  readonly staging: string;
}

async function name({ view, staging }: Named, naming: Naming): Promise<void> {
  const [top = ''] = view.layers;
  await edit(view, naming);
  if (view.words.length === 0 && !top.startsWith(`${staging}/`)) await syncFilesystem(top);
}

async function edit(view: View, naming: Naming): Promise<void> {
  const isOurs = probeHost().user === null && view.words.length === 0;
  const obstacle = isOurs ? applyNaming(naming) : await runNaming(naming, view.words);
  if (obstacle !== null) throw untold(obstacle);
}

const untold = (message: string): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_UNSUPPORTED',
    message,
    hint: 'take an image with cloud-init (-t download -- --variant cloud), or install it first and copy that container',
  });

/** As applyNaming. */
async function runNaming(naming: Naming, words: readonly string[]): Promise<string | null> {
  // Unmounting brings to disk what was mounted, and tells nobody of errors.
  const mounted = words.length > 0 ? (naming.layers[0] ?? '') : '';
  const program = [process.execPath, join(packageRoot, 'dist/name-rootfs.cjs'), mounted];
  const what = `the root filesystem could not be given ${naming.name === null ? 'an id' : `the name ${naming.name}`}`;
  let obstacle: string | null = null;
  const stdout = (line: string): void => void (obstacle = line);
  const running = startProgram(overAllIds([...words, ...program]), { stdin: 'pipe', stdout });
  // What ends before it has read all of it tells why itself.
  running.child.stdin?.on('error', () => undefined).end(JSON.stringify(naming));
  const ended = await running.ended;
  if (ended.status !== 0) throw programError(ended, { code: 'TLXC_E_STORAGE', what });
  return obstacle;
}

/** As nameRootfs. Throws TLXC_E_STORAGE, and TLXC_E_UNSUPPORTED where there is no cloud-init to be told. */
export const nameContainer = (named: Named, identity: Omit<NewNaming, 'kind' | 'layers'>): Promise<void> =>
  name(named, { kind: 'new', layers: named.view.layers, ...identity });

/** As nameCopy. Throws as nameContainer. */
export async function nameCopy(named: Named, identity: Omit<CopyNaming, 'kind' | 'layers'>): Promise<void> {
  const { name: newName, keepMachineId, cloudInit } = identity;
  if (newName === null && keepMachineId && !cloudInit) return;
  await name(named, { kind: 'copy', layers: named.view.layers, ...identity });
}

/** As renameRootfs. Throws TLXC_E_STORAGE. */
export const renameWithin = (view: View, newName: string): Promise<void> =>
  edit(view, { kind: 'other name', layers: view.layers, name: newName });
