/** Files of a container's, running or not, as a program copies, reads and writes them. */
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { isAbsolute } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { TlxcError } from '../../errors.ts';
import type { OnStage } from '../../gauge.ts';
import { native } from '../../native/binding.ts';
import { workingDirectory } from '../../working-directory.ts';
import { pullFiles, pushFiles, type Copy } from '../files/transfer.ts';
import { silently, type Located, type Warn } from './place.ts';

/** How files are copied. */
export interface CopyFilesOptions {
  /**
   * The target is a directory that they go into. So it is unless said for trees (`recursive`), several files, and a target that
   * ends in a slash.
   */
  readonly into?: boolean;
  /** Directories are copied with all that is in them. */
  readonly recursive?: boolean;
  /** Directories of the target that are missing are made. */
  readonly parents?: boolean;
  /** Told what is left out. */
  readonly warn?: Warn;
  /** Told how to ask how far it is; how much there is in all is known of files of the host's. */
  readonly onStage?: OnStage;
}
/** How files are copied into a container: as whose, by the ids that it knows, and with which mode; each its own unless given. */
export interface PushOptions extends CopyFilesOptions {
  /** The owner, as the container counts. */
  readonly uid?: number | null;
  /** The group, as the container counts. */
  readonly gid?: number | null;
  /** Permission bits: 0o644. */
  readonly mode?: number | null;
}
/** Whose a file that is written becomes. A new one is root's, mode 0644; one that is replaced lends its own. */
export type WriteFileOptions = Pick<PushOptions, 'uid' | 'gid' | 'mode' | 'parents'>;

function copyOf(
  container: Located,
  sources: readonly string[],
  target: string,
  options: CopyFilesOptions,
): Copy {
  const { recursive = false, parents = false, warn = silently, onStage } = options;
  const { into = recursive || sources.length > 1 || target.endsWith('/') } = options;
  return { ...container, sources, target, into, recursive, parents, warn, onStage };
}

/** Of the host, from the program's directory on; a slash or /. at its end says something, and stays. */
export const hostPath = (path: string): string => (isAbsolute(path) ? path : `${workingDirectory()}/${path}`);

export function push(
  container: Located,
  sources: readonly string[],
  target: string,
  options: PushOptions,
): Promise<void> {
  const { uid = null, gid = null, mode = null } = options;
  return pushFiles({ ...copyOf(container, sources.map(hostPath), target, options), uid, gid, mode });
}

export const pull = (
  container: Located,
  sources: readonly string[],
  target: string,
  options: CopyFilesOptions,
): Promise<void> => {
  const copy = copyOf(container, sources, hostPath(target), options);
  // As the command: a directory that things are put into is made.
  return pullFiles({ ...copy, parents: copy.parents || copy.into });
};

/** All of a stream; null where it is more than that, and is ended then. */
async function contentOf(stream: Readable, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The container decides how large its files are: holes cost it nothing. */
export async function readFile(container: Located, path: string, maxBytes: number): Promise<Buffer> {
  const [ours, theirs] = native().pipe();
  const reading = contentOf(new Socket({ fd: ours, readable: true, writable: false }), maxBytes);
  reading.catch(() => undefined);
  // The programs have their copies once the call returns, or never will.
  const pulling = pullFiles({ ...copyOf(container, [path], '-', {}), stream: theirs }).finally(() =>
    native().closeFd(theirs),
  );
  const [pulled, content] = await Promise.allSettled([pulling, reading]);
  if (content.status === 'fulfilled' && content.value === null)
    throw new TlxcError({
      code: 'TLXC_E_STORAGE',
      message: `${path} is larger than ${maxBytes} bytes`,
      container: container.name,
      hint: 'pull copies a file of any size to the host; maxBytes lets more be read',
    });
  if (pulled.status === 'rejected') throw pulled.reason;
  if (content.status === 'rejected') throw content.reason;
  return content.value ?? Buffer.alloc(0);
}

export async function writeFile(
  container: Located,
  path: string,
  content: string | Uint8Array,
  options: WriteFileOptions,
): Promise<void> {
  const [theirs, ours] = native().pipe();
  const { uid = null, gid = null, mode = null } = options;
  const copy = { ...copyOf(container, ['-'], path, options), stream: theirs };
  const pushing = pushFiles({ ...copy, uid, gid, mode }).finally(() => native().closeFd(theirs));
  const writing = pipeline(
    Readable.from([Buffer.from(content)], { objectMode: false }),
    new Socket({ fd: ours, readable: false, writable: true }),
  ).catch(() => undefined);
  await pushing;
  await writing;
}
