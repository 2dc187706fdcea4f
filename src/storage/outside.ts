/**
 * Volumes that lie outside their container's directory (lvm, zfs, rbd). The directory notes what it has in DIR/.tlxc-volume,
 * before the volume is made: whoever removes a directory that never became a container, or is one no more, removes the
 * volume with it.
 */
import { randomUUID } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileAtomically } from '../config/atomic-write.ts';
import { strangerOn } from '../config/stranger.ts';
import { errnoName, errnoWords } from '../errno.ts';
import { TlxcError } from '../errors.ts';
import { native } from '../native/binding.ts';
import { removeFile } from '../remove-file.ts';
import type { Place } from './backend.ts';

const NOTE = '.tlxc-volume';
const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

export interface NotedVolume {
  /** lxc.rootfs.path of it. */
  readonly path: string;
  /** What the volume itself bears, if TLXC made it for this directory: one of its name without that is another's. null: LXC's. */
  readonly mark: string | null;
}

/** The volume that goes with the directory; null: none. A note that others could have written is none. */
export function volumeOf(dir: string): NotedVolume | null {
  const text = readOwn(join(dir, NOTE));
  const [path = '', mark = ''] = text.split('\n');
  return path === '' ? null : { path, mark: mark || null };
}

/** "" for what is no plain file of this user's alone. */
function readOwn(file: string): string {
  const fd = openIfThere(file);
  if (fd === null) return '';
  try {
    const stats = fstatSync(fd);
    const isOwn = stats.isFile() && stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0;
    return isOwn ? readFileSync(fd, 'utf8') : '';
  } finally {
    closeSync(fd);
  }
}

function openIfThere(file: string): number | null {
  // By a link of somebody else's it would be the note of another directory, whose volume would go.
  const stranger = strangerOn(dirname(file));
  if (stranger !== null) {
    const fd = native().openWithoutLinks({ path: join(stranger.path, NOTE) });
    if (typeof fd === 'number') return fd;
    return noneFor(errnoName(fd.errno), file);
  }
  try {
    return openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    return noneFor((error as NodeJS.ErrnoException).code ?? '', file);
  }
}

/** Throws where there may be one: a volume whose note goes unread is nobody's any more. */
function noneFor(errno: string, file: string): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO'].includes(errno)) return null;
  const message = `${file} cannot be read, and tells which volume goes with the container: ${errnoWords(errno)}`;
  const hint = `look at it (ls -l ${file}), and try again`;
  throw new TlxcError({ code: 'TLXC_E_STORAGE', message, path: file, errno, hint });
}

/** Notes a volume. */
export const noteVolume = (dir: string, { path, mark }: NotedVolume): void =>
  writeFileAtomically(join(dir, NOTE), `${path}\n${mark ?? ''}\n`, { mode: 0o600 });

/** The directory's volume is gone. */
export const forgetVolume = (dir: string): void => removeFile(join(dir, NOTE));

export interface Claim {
  /** lxc.rootfs.path of it. */
  readonly path: string;
  /** Whether there is one of this name. */
  readonly exists: () => Promise<boolean>;
  /** Makes it, with this mark; nothing is left when it throws. */
  readonly make: (mark: string) => Promise<unknown>;
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
  const mark = randomUUID();
  noteVolume(staging, { path, mark });
  try {
    await make(mark);
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
