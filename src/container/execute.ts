/** Runs one command in a container of its own: tlxc-init is PID 1 there, and the container ends with the command. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { loadContainerConfig } from '../config/load.ts';
import { TlxcError } from '../errors.ts';
import { nativeFile, packageRoot } from '../package-root.ts';
import { containerPaths } from './paths.ts';
import { startContainer, type StartCallbacks, type StartRequest } from './start.ts';
import { stopContainer } from './stop.ts';

export interface ExecuteRequest extends StartRequest {
  /** Ids inside that the command runs as; those of its root where they are not given. */
  readonly uid?: string | undefined;
  readonly gid?: string | undefined;
}

/** What was asked for, else lxc.execute.cmd. */
function commandOf({
  command,
  name,
  lxcpath,
  system,
  configFile,
  defines,
  environment,
}: ExecuteRequest): readonly string[] {
  if (command !== undefined && command.length > 0) return command;
  const file = configFile ?? containerPaths(system, lxcpath, name).config;
  const config = loadContainerConfig({
    name,
    lxcpath,
    configFile: file,
    overrides: defines ?? [],
    environment,
  });
  if (config.executeCmd) return config.executeCmd.value;
  throw new TlxcError({
    code: 'TLXC_E_USAGE',
    message: 'no command to execute',
    container: name,
    hint: 'give one after --, or set lxc.execute.cmd',
  });
}

const passed = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** From a terminal they reach the command themselves, which is in the same process group. */
const typed = ['SIGINT', 'SIGQUIT'] as const;

/** Runs the command by tlxc-attach, with this process's streams; resolves to its exit status, 128 and more by a signal. */
async function attached(
  { name, lxcpath, uid, gid }: ExecuteRequest,
  command: readonly string[],
): Promise<number> {
  const ids = [...(uid === undefined ? [] : ['-u', uid]), ...(gid === undefined ? [] : ['-g', gid])];
  const words = ['-n', name, '-P', lxcpath, ...ids, '--', ...command];
  const child = spawn(join(packageRoot, 'bin/tlxc-attach.js'), words, { stdio: 'inherit' });
  const pass = (signal: NodeJS.Signals): void => void child.kill(signal);
  const hold = (signal: NodeJS.Signals): void => (process.stdin.isTTY ? undefined : pass(signal));
  for (const signal of passed) process.on(signal, pass);
  for (const signal of typed) process.on(signal, hold);
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    for (const each of passed) process.off(each, pass);
    for (const each of typed) process.off(each, hold);
  }
}

/**
 * Starts the container and runs the command in it; resolves to the command's exit status when nothing of the container
 * is left. Throws as startContainer does, and TLXC_E_USAGE without a command.
 */
export async function executeInForeground(
  request: ExecuteRequest,
  callbacks: StartCallbacks,
): Promise<number> {
  const command = commandOf(request);
  await startContainer({ ...request, command: undefined, initProgram: nativeFile('tlxc-init') }, callbacks);
  try {
    return await attached(request, command);
  } finally {
    const { name, lxcpath, system, environment } = request;
    await stopContainer({
      name,
      lxcpath,
      system,
      how: 'kill',
      timeoutMs: 0,
      escalate: true,
      environment,
    }).catch((error: unknown) => {
      // It may have been stopped by somebody else meanwhile.
      if (!(error instanceof TlxcError && error.code === 'TLXC_E_NOT_RUNNING')) throw error;
    });
  }
}

/** Starts the container with the command below tlxc-init, and leaves it to itself: it ends when nothing runs in it. */
export async function executeInBackground(request: ExecuteRequest, callbacks: StartCallbacks): Promise<void> {
  const ids = [
    ...(request.uid === undefined ? [] : [`lxc.init.uid = ${request.uid}`]),
    ...(request.gid === undefined ? [] : [`lxc.init.gid = ${request.gid}`]),
  ];
  const defines = [...(request.defines ?? []), ...ids];
  const started = { ...request, defines, command: commandOf(request), initProgram: nativeFile('tlxc-init') };
  await startContainer(started, callbacks);
}
