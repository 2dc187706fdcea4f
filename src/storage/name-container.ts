/** rootfs-files.ts's nameRootfs, where a plain user needs power over subordinate ids for it: in a process that has it. */
import { join } from 'node:path';
import { asRootOf, everyIdOf } from '../host/mapped.ts';
import { probeHost } from '../host/probe.ts';
import { runProgram } from '../host/program.ts';
import { packageRoot } from '../package-root.ts';
import { nameRootfs } from './rootfs-files.ts';

/** As nameRootfs. Throws TLXC_E_STORAGE. */
export async function nameContainer(
  layers: readonly string[],
  name: string,
  templates: readonly string[],
): Promise<void> {
  const host = probeHost();
  if (host.user === null) {
    nameRootfs(layers, name, templates);
    return;
  }
  const program = [process.execPath, join(packageRoot, 'dist/name-rootfs.cjs')];
  const failure = {
    code: 'TLXC_E_STORAGE',
    what: `the root filesystem could not be given the name ${name}`,
  } as const;
  await runProgram(
    asRootOf(everyIdOf(host.user, host), [...program, JSON.stringify({ layers, name, templates })]),
    failure,
  );
}
