/**
 * Who lies over whom: LXC's bookkeeping of snapshot clones. A parent's lxc_snapshots lists its clones, two lines each
 * (the store, the name); a clone's lxc_rdepends lists its parents in the same way.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';

export interface Relative {
  readonly lxcpath: string;
  readonly name: string;
}

const CLONES = 'lxc_snapshots';
const PARENTS = 'lxc_rdepends';

function read(file: string): Relative[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((lxcpath, at) => {
    const name = lines[at + 1] ?? '';
    return at % 2 === 0 && lxcpath !== '' && name !== '' ? [{ lxcpath, name }] : [];
  });
}

function write(file: string, relatives: readonly Relative[]): void {
  if (relatives.length === 0) rmSync(file, { force: true });
  else {
    const text = relatives.map(({ lxcpath, name }) => `${lxcpath}\n${name}\n`).join('');
    writeFileAtomically(file, text, { mode: 0o644 });
  }
}

const same = (a: Relative, b: Relative): boolean => a.lxcpath === b.lxcpath && a.name === b.name;

/** The clones of the container in dir that exist: one whose copy was interrupted is none. */
export const clonesOf = (dir: string): Relative[] =>
  read(join(dir, CLONES)).filter(({ lxcpath, name }) => existsSync(join(lxcpath, name, 'config')));

/** Old LXC kept only their number. */
export function countedClones(dir: string): number {
  const file = join(dir, CLONES);
  const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  return /^\d+$/.test(text) ? Number(text) : 0;
}

/** Notes in the parent's directory that it has this clone. The caller holds the parent's lock. */
export function addClone(parentDir: string, clone: Relative): void {
  const file = join(parentDir, CLONES);
  write(file, [...read(file).filter((known) => !same(known, clone)), clone]);
}

/** Notes in a clone's directory whose root filesystem it lies over. */
export function setParent(dir: string, parent: Relative): void {
  write(join(dir, PARENTS), [parent]);
}

/** Takes a clone that is gone out of its parents' lists; dir is where its directory is now. */
export function forgetClone(dir: string, clone: Relative): void {
  for (const { lxcpath, name } of read(join(dir, PARENTS))) {
    const file = join(lxcpath, name, CLONES);
    if (existsSync(file) && countedClones(join(lxcpath, name)) === 0)
      write(
        file,
        read(file).filter((known) => !same(known, clone)),
      );
  }
}
