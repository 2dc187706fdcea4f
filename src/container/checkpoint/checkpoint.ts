/** Saves a running container in a directory, by CRIU, and starts one from there. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errnoName } from '../../errno.ts';
import { TlxcError } from '../../errors.ts';
import { findCriu } from '../../host/criu.ts';
import { callerIds } from '../../host/user.ts';
import { askMonitor } from '../../monitor/client.ts';
import type { MonitorInfo } from '../../monitor/protocol.ts';
import {
  asRestore,
  dumpCommand,
  type CheckpointPlace,
  type DumpOptions,
  type RestoreSources,
} from '../../plan/criu.ts';
import { removeFile } from '../../remove-file.ts';
import { refuseUndumpable } from './checks.ts';
import { keptCheckpoint, makeKeptDirectory } from './place.ts';
import { runCriu } from './run-criu.ts';
import type { Started } from '../start/launch.ts';
import { withLock } from '../lock.ts';
import { notDefined } from '../not-defined.ts';
import { containerPaths, type ContainerPaths } from '../paths.ts';
import { planStart, startContainer, type StartCallbacks, type StartRequest } from '../start/start.ts';
import { unresponsive } from '../unresponsive.ts';

/** CRIU writes it when it has begun a dump: the directory is no longer fresh. */
const INVENTORY = 'inventory.img';

function refuseUsers(container: string): void {
  if (callerIds().uid === 0) return;
  const message =
    'only root can save and restore containers: CRIU rebuilds processes by means that nobody else has';
  throw new TlxcError({ code: 'TLXC_E_PERMISSION', message, container, hint: 'be root (sudo)' });
}

function infoOf(paths: ContainerPaths): MonitorInfo {
  const result = askMonitor(paths, { op: 'info' });
  if (result.kind === 'answer' && result.reply.ok) return result.reply as unknown as MonitorInfo;
  if (result.kind === 'unresponsive') throw unresponsive(paths.name, result);
  const { name: container, config } = paths;
  throw existsSync(config)
    ? new TlxcError({
        code: 'TLXC_E_NOT_RUNNING',
        message: `${container} not running, not checkpointing`,
        container,
      })
    : notDefined(paths, `${container} is not defined`);
}

/** The first errors of CRIU's log, the cause first; "" where there is none. Without -v its lines have no times. */
function errorsIn(log: string): string {
  const text = existsSync(log) ? readFileSync(log, 'utf8') : '';
  const errors = [...text.matchAll(/^(?:\(\S+\))?\s*(?:\d+: )?Error \([^)]*\): (.*)$/gm)].map(
    ([, words = '']) => words,
  );
  return errors.slice(0, 3).join('; ');
}

function refuseUsed(directory: string, container: string): void {
  if (!existsSync(join(directory, INVENTORY))) return;
  throw new TlxcError({
    code: 'TLXC_E_EXISTS',
    message: `there is a checkpoint in ${directory} already`,
    container,
    path: directory,
    hint: 'give a fresh directory (-D)',
  });
}

function checkPredump(directory: string, container: string): void {
  if (existsSync(directory)) return void keptCheckpoint(directory);
  throw new TlxcError({
    ...{
      code: 'TLXC_E_NOT_FOUND',
      message: `there is no pre-dump in ${directory}`,
      container,
      path: directory,
    },
    hint: 'it is relative to the directory of the checkpoint (-D); a pre-dump (-p) makes one',
  });
}

/** A CRIU that was killed has let go of nothing: the processes may be frozen, or have its code in them. */
function afterKill(paths: ContainerPaths): string {
  askMonitor(paths, { op: 'unfreeze' });
  const { name } = paths;
  return `CRIU had the processes of ${name} in hand: look whether it still works, and restart it if not`;
}

async function runDump(argv: readonly string[], paths: ContainerPaths, log: string): Promise<void> {
  const { status, signal, stuck, words } = await runCriu(argv, dirname(log));
  if (status === 0) return;
  const how = stuck
    ? 'it wrote nothing more'
    : signal === null
      ? `exit status ${status}`
      : `killed by ${signal}`;
  const reason = errorsIn(log) || words.split('\n').slice(-2).join('; ');
  const more = existsSync(log) ? `${log} tells all, and more where it is asked to (-v)` : undefined;
  const hint = status === null ? afterKill(paths) : more;
  throw new TlxcError({
    code: 'TLXC_E_SYSCALL',
    message: `CRIU could not save it (${how})${reason && `: ${reason}`}`,
    container: paths.name,
    path: log,
    ...(hint !== undefined && { hint }),
  });
}

/** Whether the end of init is wanted: one that is has no restart after it. */
function expectEnd(paths: ContainerPaths, expected: boolean): void {
  askMonitor(paths, { op: 'expect-end', expected });
}

/**
 * Saves the container; it runs on unless options.stop. Throws TLXC_E_NOT_RUNNING, TLXC_E_UNSUPPORTED with every reason
 * why it cannot be saved, TLXC_E_PERMISSION where others than root could write to the directory, and CRIU's own
 * failure; the container runs on then.
 */
export async function checkpointContainer(request: StartRequest, options: DumpOptions): Promise<void> {
  const { name, system, lxcpath, environment } = request;
  const { preDump, predumpDir, stop } = options;
  const paths = containerPaths(system, lxcpath, name);
  infoOf(paths);
  refuseUsers(name);
  const { plan } = planStart(request);
  const criu = findCriu(environment['PATH']);
  await withLock(paths, async () => {
    const running = infoOf(paths);
    await refuseUndumpable(plan, { criu, running, stop });
    if (predumpDir !== undefined) checkPredump(resolve(options.directory, predumpDir), name);
    const { place: directory, made } = makeKeptDirectory(options.directory, name);
    refuseUsed(directory, name);
    const log = join(directory, `${preDump ? 'pre-dump' : 'dump'}.log`);
    if (stop) expectEnd(paths, true);
    try {
      await runDump(dumpCommand(criu, plan, running, { ...options, directory }), paths, log);
    } catch (error) {
      if (stop) expectEnd(paths, false);
      if (made) removeEmpty(directory);
      throw error;
    }
  });
}

/** CRIU's log in it is worth more than an empty place. */
function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    return;
  }
}

function told(error: unknown, log: string): unknown {
  if (!(error instanceof TlxcError) || error.details.step !== 'restore') return error;
  const words = errorsIn(log);
  const hint = existsSync(log) ? `${log} tells all, and more where it is asked to (-v)` : error.details.hint;
  return new TlxcError({
    ...error.details,
    message: words === '' ? error.message : `CRIU could not restore it: ${words}`,
    ...(hint && { hint }),
  });
}

/** What lies over files of the container's: made in its run directory, where the container's own lie in no directory. */
function coversIn(runDir: string): RestoreSources {
  const [bootId, file, directory] = ['boot_id', 'empty', 'empty.d'].map((name) => join(runDir, name)) as [
    string,
    string,
    string,
  ];
  removeFile(bootId);
  writeFileSync(bootId, `${randomUUID()}\n`, { mode: 0o444 });
  if (!existsSync(file)) writeFileSync(file, '', { mode: 0o444 });
  mkdirSync(directory, { recursive: true, mode: 0o555 });
  const isDirectory = (target: string): boolean =>
    statSync(`/${target}`, { throwIfNoEntry: false })?.isDirectory() === true;
  return {
    draw: () => `veth${randomBytes(3).toString('hex')}`,
    bootId,
    empty: (target) => (isDirectory(target) ? directory : file),
  };
}

/** Starts the container as it was when it was saved. Throws as startContainer, and TLXC_E_NOT_FOUND. */
export async function restoreCheckpoint(
  request: StartRequest,
  place: CheckpointPlace,
  callbacks: StartCallbacks = {},
): Promise<Started> {
  const { name } = request;
  refuseUsers(name);
  const { plan } = planStart(request);
  const criu = findCriu(request.environment['PATH']);
  if (!existsSync(join(place.directory, INVENTORY)))
    throw new TlxcError({
      code: 'TLXC_E_NOT_FOUND',
      message: `there is no checkpoint in ${place.directory}`,
      ...{ container: name, path: place.directory, errno: errnoName(2) },
      hint: `tlxc-checkpoint -n ${name} -D DIR makes one`,
    });
  const kept: CheckpointPlace = { ...place, directory: keptCheckpoint(place.directory) };
  await refuseUndumpable(plan, { criu, running: null, stop: false });
  const finish: StartCallbacks['finish'] = (finished) =>
    asRestore(criu, finished, kept, coversIn(finished.runDir));
  return startContainer(request, { ...callbacks, finish }).catch((error: unknown) => {
    throw told(error, join(kept.directory, 'restore.log'));
  });
}
