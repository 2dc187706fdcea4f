/** Files of a container's, running or not, as a program copies, reads and writes them. */
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { native } from '../../native/binding.ts';
import { pullFiles, pushFiles, type Copy, type Push } from '../transfer.ts';
import { silently, type Located } from './place.ts';

/**
 * How files are copied. `into`: the target is a directory that they go into; so it is unless said for trees (`recursive`), several
 * files, and a target that ends in a slash. `parents`: directories that are missing are made. `warn` is told what is left out.
 */
export type CopyFilesOptions = Partial<Pick<Copy, 'into' | 'recursive' | 'parents' | 'warn'>>;
/** How files are copied into a container: as whose, and with which mode. */
export type PushOptions = CopyFilesOptions & Partial<Pick<Push, 'uid' | 'gid' | 'mode'>>;
/** Whose a file that is written becomes. A new one is root's, mode 0644; one that is replaced lends its own. */
export type WriteFileOptions = Pick<PushOptions, 'uid' | 'gid' | 'mode' | 'parents'>;

function copyOf(
  container: Located,
  sources: readonly string[],
  target: string,
  options: CopyFilesOptions,
): Copy {
  const { recursive = false, parents = false, warn = silently } = options;
  const { into = recursive || sources.length > 1 || target.endsWith('/') } = options;
  return { ...container, sources, target, into, recursive, parents, warn };
}

export function push(
  container: Located,
  sources: readonly string[],
  target: string,
  options: PushOptions,
): Promise<void> {
  const { uid = null, gid = null, mode = null } = options;
  return pushFiles({ ...copyOf(container, sources, target, options), uid, gid, mode });
}

export const pull = (
  container: Located,
  sources: readonly string[],
  target: string,
  options: CopyFilesOptions,
): Promise<void> => {
  const copy = copyOf(container, sources, target, options);
  // As the command: a directory that things are put into is made.
  return pullFiles({ ...copy, parents: copy.parents || copy.into });
};

export async function readFile(container: Located, path: string): Promise<Buffer> {
  const [ours, theirs] = native().pipe();
  const reading = buffer(new Socket({ fd: ours, readable: true, writable: false }));
  const pulling = pullFiles({ ...copyOf(container, [path], '-', {}), stream: theirs });
  // The programs have their copies when the call returns, or never will.
  await pulling.finally(() => native().closeFd(theirs));
  return reading;
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
