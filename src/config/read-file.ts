/** Reads a file that configures something, and nothing that only pretends to be one. */
import { closeSync, constants, fstatSync, readSync, type BigIntStats } from 'node:fs';
import { TlxcError } from '../errors.ts';
import type { InputFile } from './model.ts';
import { askerName, openForReading, type Asker, type OpenedFile } from './open-file.ts';
import { readStream } from './read-stream.ts';
import { isRoot } from './stranger.ts';

/** No configuration is larger: LXC's own are a few kilobytes. */
const LIMIT = 1024 * 1024;

export interface ConfigText {
  readonly text: string;
  /** What a cached plan compares to see whether it is still true. */
  readonly input: InputFile;
  /** Device and inode: the same for every path that leads to this file. */
  readonly identity: string;
  /** Changes with every change of the file that its times can tell. */
  readonly stamp: string;
  /** Whose word it is: with whose rights the files that it names are read. */
  readonly speaker: Asker;
  /** Its last change, milliseconds since 1970. */
  readonly changedAtMs: number;
}

const KINDS: Readonly<Record<number, string>> = {
  [constants.S_IFIFO]: 'a FIFO',
  [constants.S_IFCHR]: 'a character device',
  [constants.S_IFBLK]: 'a block device',
  [constants.S_IFDIR]: 'a directory',
  [constants.S_IFSOCK]: 'a socket',
};

const ANOTHER = 'name another file, or mend this one';

const refuse = (path: string, reason: string, line?: number): TlxcError =>
  new TlxcError({
    code: 'TLXC_E_CONFIG',
    message: `${line === undefined ? path : `${path}:${line}`}: ${reason}`,
    path,
    where: { file: path, line: line ?? 0 },
    hint: ANOTHER,
  });

/** What can be done where the system's own word does not tell. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENXIO: ANOTHER,
  ETIMEDOUT: 'see whether it answers (getent initgroups USER); what root owns is read without it',
};

function open(path: string, asker: Asker): OpenedFile {
  try {
    return openForReading(path, asker);
  } catch (cause) {
    if (cause instanceof TlxcError) throw cause; // what opens it is not there: no native code
    const errno = (cause as NodeJS.ErrnoException).code ?? 'EIO';
    const words: Record<string, string> = {
      ENOENT: 'no such file',
      EACCES: 'permission denied',
      ENOTDIR: 'a part of the path is not a directory',
      ELOOP: 'too many symbolic links',
      ENXIO: 'it is a socket or a terminal, not a regular file',
      ETIMEDOUT: "what knows the host's users (nsswitch.conf) does not say in which groups its owner is",
    };
    const whose = asker !== null && errno === 'EACCES' ? `${askerName(asker)} may not` : null;
    const reason = `cannot be read: ${whose ?? words[errno] ?? errno}`;
    // What a user's file names is looked at with that user's rights only.
    const hint =
      REMEDIES[errno] ??
      (asker === null ? undefined : 'look whether it is there, and who may read it (ls -l)');
    throw new TlxcError({
      code: 'TLXC_E_CONFIG',
      message: `${path}: ${reason}`,
      path,
      errno,
      where: { file: path, line: 0 },
      cause,
      ...(hint !== undefined && { hint }),
    });
  }
}

function readAll(fd: number, path: string, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(Math.min(size, LIMIT) + 1);
  let length = 0;
  for (;;) {
    const count = readSync(fd, buffer, length, buffer.length - length, null);
    length += count;
    if (count === 0) return buffer.subarray(0, length);
    if (length === buffer.length) throw refuse(path, 'it grew while it was read, or is larger than 1 MiB');
  }
}

const lineOf = (bytes: Buffer, offset: number): number => {
  let line = 1;
  for (let at = bytes.indexOf(10); at !== -1 && at < offset; at = bytes.indexOf(10, at + 1)) line++;
  return line;
};

function decode(bytes: Buffer, path: string): string {
  const nul = bytes.indexOf(0);
  if (nul !== -1) throw refuse(path, 'it contains a NUL byte, so it is not a text file', lineOf(bytes, nul));
  const text = bytes.toString('utf8');
  const replaced = text.indexOf('\ufffd');
  // U+FFFD may have been written as such; only where the bytes do not come back was something undecodable.
  if (replaced === -1 || Buffer.from(text).equals(bytes)) return text;
  throw refuse(path, 'it is not UTF-8', lineOf(bytes, firstDifference(bytes, Buffer.from(text))));
}

function firstDifference(left: Buffer, right: Buffer): number {
  let at = 0;
  while (at < left.length && left[at] === right[at]) at++;
  return at;
}

const inputOf = (path: string, stat: BigIntStats): InputFile => ({
  path,
  inode: String(stat.ino),
  size: Number(stat.size),
  mtimeNs: String(stat.mtimeNs),
});

/** What a file's stamp is made of. */
export const stampOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`;

const ownerOf = ({ uid }: BigIntStats): Asker => (uid === 0n || !isRoot() ? null : Number(uid));

const textOf = (bytes: Buffer, path: string, stat: BigIntStats, speaker: Asker): ConfigText => ({
  text: decode(bytes, path),
  input: inputOf(path, stat),
  identity: `${stat.dev}:${stat.ino}`,
  stamp: stampOf(stat),
  speaker: speaker ?? ownerOf(stat),
  changedAtMs: Number(stat.ctimeMs),
});

/** Character device 1:3, which is empty: people name it where there is nothing to say. */
const isNull = (stat: BigIntStats): boolean => stat.isCharacterDevice() && stat.rdev === 0x103n;

/** What came out of pipes, by path: it comes once, and a command looks at its configuration more than once. */
const taken = new Map<string, ConfigText & { readonly isPipe: boolean }>();

/**
 * For a path that the command line names and that is only read: where it is a pipe (<(…) of a shell, a FIFO) or /dev/null, what
 * comes out of it is what readConfigFile gives for it from then on. Elsewhere they are refused: whoever could put a pipe there would
 * have every command wait, and who edits a configuration would put a file in place of the device. Throws as readConfigFile
 * does, and TLXC_E_TIMEOUT.
 */
export function takeStream(path: string): void {
  if (taken.has(path)) return;
  const { fd, speaker } = open(path, null);
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFIFO() && !isNull(stat)) return;
    const bytes = stat.isFIFO() ? readStream(fd, path, { limit: LIMIT }) : Buffer.alloc(0);
    if (bytes.length > LIMIT)
      throw refuse(path, 'more than 1 MiB comes out of it; no configuration is over that');
    taken.set(path, { ...textOf(bytes, path, stat, speaker), isPipe: stat.isFIFO() });
  } finally {
    closeSync(fd);
  }
}

/** Whether nobody can read it once more: it was a pipe. */
export const isSpent = (path: string): boolean => taken.get(path)?.isPipe === true;

/**
 * The text of a configuration file: regular, at most 1 MiB, UTF-8, without NUL. asker: the user whose file names it.
 * Throws TLXC_E_CONFIG with the file, and the line where there is one; errno is set when it could not be opened.
 */
export function readConfigFile(path: string, asker: Asker = null): ConfigText {
  const given = asker === null ? taken.get(path) : undefined;
  if (given) return given;
  const { fd, speaker } = open(path, asker);
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isFile()) {
      const kind = KINDS[Number(stat.mode) & constants.S_IFMT] ?? 'something else';
      throw refuse(path, `it is ${kind}, not a regular file`);
    }
    if (stat.size > LIMIT)
      throw refuse(path, `it is ${stat.size} bytes long; no configuration is over 1 MiB`);
    return textOf(readAll(fd, path, Number(stat.size)), path, stat, speaker);
  } finally {
    closeSync(fd);
  }
}
