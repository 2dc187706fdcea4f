/**
 * Volumes that lie outside their container's directory (lvm, zfs, rbd). The directory notes what it has in DIR/.tlxc-volume,
 * before the volume is made: whoever removes a directory that never became a container, or is one no more, removes the
 * volume with it.
 */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { TlxcError } from '../errors.ts';
import type { Place } from './backend.ts';

export const VOLUME_NOTE = '.tlxc-volume';

/** lxc.rootfs.path of the volume that goes with the directory; null: none. */
export function volumeOf(dir: string): string | null {
  const note = join(dir, VOLUME_NOTE);
  return existsSync(note) ? readFileSync(note, 'utf8').trim() : null;
}

/** Notes a volume that is there. */
export const noteVolume = (dir: string, path: string): void =>
  writeFileAtomically(join(dir, VOLUME_NOTE), `${path}\n`, { mode: 0o600 });

/** The directory's volume is gone. */
export const forgetVolume = (dir: string): void => rmSync(join(dir, VOLUME_NOTE), { force: true });

export interface Claim {
  /** lxc.rootfs.path of it. */
  readonly path: string;
  /** Whether there is one of this name. */
  readonly exists: () => Promise<boolean>;
  /** Makes it; nothing is left when it throws. */
  readonly make: () => Promise<unknown>;
}

/** Makes a volume that nobody has, noted first. Throws TLXC_E_EXISTS, and what `make` throws. */
export async function claimVolume({ staging }: Place, { path, exists, make }: Claim): Promise<void> {
  if (await exists()) {
    throw new TlxcError({
      code: 'TLXC_E_EXISTS',
      message: `the volume ${path} exists already`,
      hint: 'it may be of a container elsewhere: choose another name, or remove it with the tools that made it',
    });
  }
  noteVolume(staging, path);
  try {
    await make();
  } catch (error) {
    // Made by somebody else meanwhile, it may be.
    forgetVolume(staging);
    throw error;
  }
}

/** A name that no volume has yet: the container's, or it with a number. */
export async function freeName(name: string, exists: (name: string) => Promise<boolean>): Promise<string> {
  for (let number = 0; ; number++) {
    const free = number === 0 ? name : `${name}_${number}`;
    if (!(await exists(free))) return free;
  }
}
