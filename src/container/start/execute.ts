/** Runs one command in a container of its own: tlxc-init is PID 1 there, and the container ends with the command. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readContainerConfig, refuseProblems } from '../../config/load.ts';
import { TlxcError } from '../../errors.ts';
import { spawned } from '../../host/program.ts';
import { native } from '../../native/binding.ts';
import { nativeFile } from '../../package-root.ts';
import { spawnAttach } from '../attach/spawn-attach.ts';
import { notDefined } from '../not-defined.ts';
import { containerPaths } from '../paths.ts';
import { killedBy, relaySignals, type Relay } from './relay-signals.ts';
import { startContainer, type StartCallbacks, type StartRequest } from './start.ts';
import { stopIfRunning } from '../stop/stop-if-running.ts';

export interface ExecuteRequest extends StartRequest {
  /** Ids inside that the command runs as; lxc.init.uid and lxc.init.gid where they are not given. */
  readonly uid?: string | undefined;
  readonly gid?: string | undefined;
}

/** What is run, and as the configuration has init run. */
export interface Wanted {
  readonly command: readonly string[];
  /** lxc.init.uid, lxc.init.gid, lxc.init.cwd. */
  readonly uid: string;
  readonly gid: string;
  readonly cwd: string;
}

/** What was asked for, else lxc.execute.cmd. */
function readWanted(request: ExecuteRequest): Wanted {
  const { command = [], name, lxcpath, system, configFile, defines = [], environment } = request;
  const paths = containerPaths(system, lxcpath, name);
  const file = configFile ?? paths.config;
  // The start says what is wrong with that.
  if (!existsSync(file) && command.length > 0) return { command, uid: '0', gid: '0', cwd: '/' };
  if (configFile === undefined && !existsSync(file)) throw notDefined(paths, 'No container config specified');
  const { config, mistakes, lineOf } = readContainerConfig({
    ...{ name, lxcpath, environment },
    configFile: file,
    overrides: defines,
  });
  const { uid, gid, cwd } = config.init;
  const wanted = command.length > 0 ? command : config.executeCmd?.value;
  // What is wrong beside it is told by the start, with all that this finds.
  if (wanted) return { command: wanted, uid: String(uid), gid: String(gid), cwd: cwd?.value ?? '/' };
  refuseProblems(config, mistakes, lineOf);
  throw new TlxcError({
    code: 'TLXC_E_USAGE',
    message: 'no command to execute',
    container: name,
    hint: 'give one after --, or set lxc.execute.cmd',
  });
}

/** Runs the command by tlxc-attach, with this process's streams; resolves to its exit status, 128 and more by a signal. */
async function attached(request: ExecuteRequest, wanted: Wanted, relay: Relay): Promise<number> {
  const { name, lxcpath, uid = wanted.uid, gid = wanted.gid, environment } = request;
  const early = relay.early();
  if (early !== undefined) return killedBy(early);
  const how = ['-u', uid, '-g', gid, '--cwd', wanted.cwd];
  const words = ['-n', name, '-P', lxcpath, ...how, '--', ...wanted.command];
  const child = spawned(spawnAttach('tlxc-execute', words, environment));
  relay.to(child);
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? (signal === null ? 1 : killedBy(signal));
}

/** Starts the container, gives `run` the command and how it is to be run, and ends the container with what that resolves to. */
export async function executeBy<T>(
  request: ExecuteRequest,
  callbacks: StartCallbacks,
  run: (wanted: Wanted) => Promise<T>,
): Promise<T> {
  const wanted = readWanted(request);
  const { name, lxcpath, system, environment } = request;
  let owner = -1;
  const own = (fd: number): void => void (owner = fd);
  const executed = { ...request, command: undefined, initProgram: nativeFile('tlxc-init') };
  try {
    await startContainer(executed, { ...callbacks, own });
    try {
      return await run(wanted);
    } finally {
      const how = { how: 'kill', timeoutMs: 0, escalate: true } as const;
      await stopIfRunning({ name, lxcpath, system, environment, ...how });
    }
  } finally {
    // Whatever went wrong: with it the container is killed.
    if (owner >= 0) native().closeFd(owner);
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
  const relay = relaySignals();
  try {
    return await executeBy(request, callbacks, (wanted) => attached(request, wanted, relay));
  } finally {
    relay.end();
  }
}

/** Starts the container with the command below tlxc-init, and leaves it to itself: it ends when nothing runs in it. */
export async function executeInBackground(request: ExecuteRequest, callbacks: StartCallbacks): Promise<void> {
  const ids = [
    ...(request.uid === undefined ? [] : [`lxc.init.uid = ${request.uid}`]),
    ...(request.gid === undefined ? [] : [`lxc.init.gid = ${request.gid}`]),
  ];
  const defines = [...(request.defines ?? []), ...ids];
  const started = {
    ...request,
    defines,
    command: readWanted(request).command,
    initProgram: nativeFile('tlxc-init'),
  };
  await startContainer(started, callbacks);
}
