/** A container as one file: its root filesystem as it sees it itself, its configuration, its snapshots. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { loadContainerConfig } from '../../config/load.ts';
import { isTemporary } from '../../config/atomic-write.ts';
import { readRegular } from '../../config/open-file.ts';
import { readConfigFile } from '../../config/read-file.ts';
import { TlxcError } from '../../errors.ts';
import type { OnStage } from '../../gauge.ts';
import { measureTree } from '../../host/copy-gauge.ts';
import { probeHost } from '../../host/probe.ts';
import { programError, startProgram, type Ended } from '../../host/program.ts';
import { compressorOf, TAR, written } from '../../image/archive.ts';
import { blocks, END, tarMember, TarWalk } from '../../image/tar-walk.ts';
import { native } from '../../native/binding.ts';
import type { Rooted } from '../../plan/types.ts';
import { removeFile } from '../../remove-file.ts';
import { ownFiles } from '../copy/config.ts';
import {
  CHECKSUM,
  COMPRESSIONS,
  CONFIG,
  FILES,
  FORMAT,
  INDEX,
  type Checksum,
  type Compression,
  type Index,
} from './format.ts';
import { whileFrozen } from '../freeze/freeze.ts';
import { isFrozen } from '../freeze/frozen.ts';
import { withLock } from '../lock.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { recover } from '../recover.ts';
import { findSnapshot, snapshotsOf } from '../snapshots.ts';
import { inTree, openRunning, stoppedTree, type TreeRequest } from '../files/tree.ts';
import { refuseMissing } from '../not-defined.ts';

export interface ExportRequest extends TreeRequest {
  /** Absolute; "-": standard output. */
  readonly file: string;
  readonly compression: Compression;
  readonly snapshots: boolean;
  /** One that runs is frozen meanwhile. */
  readonly freeze: boolean;
  /** How much of the archive is done is told before its compression. */
  readonly onStage?: OnStage | undefined;
}

/** A container that is read, its own lock held. */
interface Source {
  readonly request: ExportRequest;
  readonly paths: ContainerPaths;
  readonly snapshots: Index['snapshots'];
  readonly tree: Rooted;
  /** Init's pidfd, of one that is frozen; what the tree is taken from then. */
  readonly pass: readonly number[];
}

/** Returns the names of the snapshots in it. Throws TLXC_E_NOT_FOUND, TLXC_E_RUNNING, TLXC_E_UNSUPPORTED, TLXC_E_STORAGE; then nothing is at the file's name. */
export async function exportContainer(request: ExportRequest): Promise<readonly string[]> {
  const { name, lxcpath, system } = request;
  const paths = containerPaths(system, lxcpath, name);
  refuseMissing(paths);
  await recover(paths, system, request.onStage);
  const work = () => exportLocked(request, paths);
  // Nobody thaws meanwhile what somebody froze before.
  return withLock(paths, () => (request.freeze || runsFrozen(paths) ? whileFrozen(paths, work) : work()));
}

function runsFrozen(paths: ContainerPaths): boolean {
  const running = openRunning(paths);
  if (running) native().closeFd(running.pidfd);
  return running !== null && isFrozen(running.info);
}

async function exportLocked(request: ExportRequest, paths: ContainerPaths): Promise<readonly string[]> {
  const { name } = request;
  const running = openRunning(paths);
  try {
    if (running && !isFrozen(running.info)) {
      throw new TlxcError({
        code: 'TLXC_E_RUNNING',
        message: `${name} is running`,
        container: name,
        hint: `what it writes meanwhile would be in the file by halves: tlxc-stop -n ${name} first, or let it be frozen for so long (--freeze)`,
      });
    }
    const tree = await stoppedTree(paths, request, { onlyRead: true });
    const mapped = running?.info.namespaces.includes('user') === true;
    const snapshots = request.snapshots ? snapshotsOf(paths.dir) : [];
    await write({
      ...{ request, paths, snapshots },
      tree: running ? { ...tree, running: true, mapped } : tree,
      pass: running ? [running.pidfd] : [],
    });
    return snapshots.map((snapshot) => snapshot.name);
  } finally {
    if (running) native().closeFd(running.pidfd);
  }
}

async function write(source: Source): Promise<void> {
  const { file, compression } = source.request;
  const compressor = compressorOf(`export${COMPRESSIONS[compression]}`);
  const run = (output: number) => compressInto(source, compressor, output);
  if (file !== '-') {
    removeInterrupted(file);
    // It holds what only the container's root may read.
    await written(file, run, 0o600);
    return;
  }
  const failed = (await run(1)).find(({ status }) => status !== 0);
  if (failed)
    throw programError(failed, { code: 'TLXC_E_STORAGE', what: 'standard output could not be written' });
}

/** What an export to this file that was killed has left beside it. */
function removeInterrupted(file: string): void {
  const left = (name: string): boolean => isTemporary(name, basename(file));
  const directory = dirname(file);
  if (!existsSync(directory))
    throw new TlxcError({
      code: 'TLXC_E_STORAGE',
      message: `${file} cannot be written: there is no directory ${directory}`,
      hint: 'make it (mkdir -p), or name another',
    });
  for (const name of readdirSync(directory).filter(left)) removeFile(join(directory, name));
}

async function compressInto(
  source: Source,
  argv: readonly string[],
  output: number,
): Promise<readonly Ended[]> {
  const compressor = startProgram(argv, { stdin: 'pipe', stdout: output });
  const archive = Readable.from(pieces(source), { objectMode: true, highWaterMark: 1 });
  const fed = pipeline(archive, compressor.child.stdin as Writable);
  const [ended, failure] = await Promise.all([
    compressor.ended,
    fed.then(
      () => null,
      (error: unknown) => error,
    ),
  ]);
  // A full disk ends the compressor first, and what feeds it by that.
  if (failure !== null && (ended.status === 0 || failure instanceof TlxcError)) throw failure as Error;
  return [ended];
}

/** The archive, uncompressed. */
async function* pieces(source: Source): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of payload(source)) {
    hash.update(piece);
    bytes += piece.length;
    yield piece;
  }
  const checksum: Checksum = { sha256: hash.digest('hex'), bytes };
  yield tarMember(CHECKSUM, Buffer.from(JSON.stringify(checksum)));
  yield END;
}

async function* payload(source: Source): AsyncGenerator<Buffer> {
  const { request, paths, snapshots, tree, pass } = source;
  yield tarMember(INDEX, Buffer.from(JSON.stringify(indexOf(source))));
  yield* textFile(CONFIG, paths.config);
  const { text } = readConfigFile(paths.config);
  for (const name of ownFiles({ text, file: paths.config, sourceDir: paths.dir }))
    yield* textFile(`${FILES}${name}`, join(paths.dir, name));
  const { onStage } = request;
  yield* treeBytes(tree, { pass, prefix: 'rootfs', onStage });
  for (const { name } of snapshots) {
    const snapshot = findSnapshot(request.system, paths, name);
    for (const each of ['config', 'ts', 'comment'])
      yield* textFile(`snapshots/${name}/${each}`, join(snapshot.dir, each));
    const its = await stoppedTree(snapshot, request, { onlyRead: true });
    yield* treeBytes(its, { pass: [], prefix: `snapshots/${name}/rootfs`, onStage });
  }
}

function indexOf({ request, paths, snapshots }: Source): Index {
  const { name, lxcpath, environment } = request;
  const config = loadContainerConfig({ name, lxcpath, configFile: paths.config, environment });
  return {
    ...{ format: FORMAT, name, directory: paths.dir },
    architecture: probeHost().machine,
    created: new Date().toISOString(),
    privileged: config.idmap.length === 0,
    snapshots: snapshots.map(({ name: each, timestamp }) => ({ name: each, timestamp })),
  };
}

async function* textFile(name: string, file: string): AsyncGenerator<Buffer> {
  const found = readRegular(file);
  if (found) yield tarMember(name, found.bytes);
}

const CHANGED = /: (?:file|directory) changed as we read it$/;

/**
 * Whether all that tar complains of is overlayfs, which notes in its upper directory what it is asked for: a plain user before
 * Linux 6.6 can lay nothing over that (plan/rooted.ts). Nobody else writes to a tree that is stopped and locked.
 */
export const isOnlyNoted = (
  {
    rootfs,
    running,
  }: Pick<Rooted, 'running'> & { readonly rootfs: Pick<Rooted['rootfs'], 'kind' | 'upper'> },
  status: number | null,
  lines: readonly string[],
): boolean =>
  status === 1 &&
  !running &&
  rootfs.kind === 'overlay' &&
  rootfs.upper !== '' &&
  lines.length > 0 && // a program before tar may end so, too
  lines.every((line) => CHANGED.test(line));

/** The members of a tree, its owners as the container knows them, each name with the prefix. */
async function* treeBytes(
  tree: Rooted,
  {
    pass,
    prefix,
    onStage,
  }: Pick<Source, 'pass'> & Pick<ExportRequest, 'onStage'> & { readonly prefix: string },
): AsyncGenerator<Buffer> {
  const words = ['--sparse', `--transform=flags=rhS;s,^\\.,${prefix},`];
  // One of each kind is enough to tell.
  const told = new Map<boolean, string>();
  const onErrorLine = (line: string): void => void told.set(CHANGED.test(line), line);
  const argv = inTree(tree, ['/usr/bin/env', ...TAR, ...words]);
  const tar = startProgram(argv, { stdout: 'pipe', pass, onErrorLine });
  let done = 0;
  // The one mount that tar stands in: nothing that the container has mounted is in it.
  const measured = measureTree(() => done, { paths: () => [`/proc/${tar.child.pid}/cwd/.`], as: 'archive' });
  onStage?.('exporting', measured.gauge);
  const walk = await TarWalk.begin(() => null);
  try {
    for await (const chunk of blocks(tar.child.stdout as AsyncIterable<Buffer>)) {
      const own = walk.take(chunk);
      done += own;
      if (own > 0) yield chunk.subarray(0, own);
    }
    const ended = await tar.ended;
    const isWhole = ended.status === 0 || isOnlyNoted(tree, ended.status, [...told.values()]);
    if (!isWhole || !walk.ended)
      throw programError(ended, { code: 'TLXC_E_STORAGE', what: 'the root filesystem could not be read' });
  } finally {
    tar.child.kill('SIGKILL');
    await measured.end();
  }
}
