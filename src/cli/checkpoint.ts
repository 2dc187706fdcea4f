/** tlxc-checkpoint */
import { resolve } from 'node:path';
import { checkpointContainer, restoreCheckpoint } from '../container/checkpoint/checkpoint.ts';
import { startInForeground } from '../container/start/foreground.ts';
import type { StartRequest } from '../container/start/start.ts';
import type { CheckpointPlace } from '../plan/criu.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { argumentOf } from './options.ts';
import { whileShown } from './progress.ts';
import { namedConfig } from './rcfile.ts';
import { signalNote, warner } from './tell.ts';
import { usageError } from './usage.ts';

/** As LXC's command has them exclude each other. */
function refuseContradictions({ options }: Invocation): void {
  const { restore, stop, daemon, foreground, checkpointDir, preDump, predumpDir } = options;
  const refuse = (message: string): never => {
    throw usageError(message);
  };
  if (restore && stop) refuse('-s not compatible with -r');
  if (!restore && (daemon || foreground)) refuse('-d and -F are for -r alone');
  if (checkpointDir === undefined) refuse('-D is required: the directory of the checkpoint');
  if (restore && (preDump || predumpDir !== undefined)) refuse('-p and --predump-dir not compatible with -r');
  if (preDump && stop) refuse('-s not compatible with -p: after it the container goes on');
}

function requestOf(
  { name, lxcpath, system, options, logTarget }: Invocation,
  { cwd, env }: CommandContext,
): StartRequest {
  return {
    ...{ name, lxcpath, system, environment: env },
    configFile: namedConfig(options['rcfile'], cwd),
    foreground: options['foreground'] === true && options['daemon'] !== true,
    logFile: logTarget.file || undefined,
    logLevel: argumentOf(options['logpriority']) ? logTarget.level : undefined,
  };
}

async function checkpoint(invocation: Invocation, context: CommandContext): Promise<number> {
  refuseContradictions(invocation);
  const { options } = invocation;
  const request = requestOf(invocation, context);
  const script = argumentOf(options['actionScript']);
  const place: CheckpointPlace = {
    directory: resolve(context.cwd, argumentOf(options['checkpointDir']) ?? ''),
    verbose: options['verbose'] === true,
    actionScript: script?.includes('/') ? resolve(context.cwd, script) : script,
  };
  if (options['restore'] !== true) {
    const predumpDir = argumentOf(options['predumpDir']);
    await whileShown(invocation, context, 'saving', () =>
      checkpointContainer(request, {
        ...{ ...place, predumpDir },
        preDump: options['preDump'] === true,
        stop: options['stop'] === true,
      }),
    );
    return 0;
  }
  const warn = warner(invocation, context);
  const restored = (own?: (owner: number) => void) =>
    whileShown(invocation, context, 'restoring', () => restoreCheckpoint(request, place, { warn, own }));
  const note = signalNote(invocation, context, request.name);
  if (request.foreground)
    return startInForeground({ ...request, note }, (begin, own) => (begin(), restored(own)));
  await restored();
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-checkpoint',
    summary: 'saves the running container NAME in a directory, and restores it from there',
    usage:
      '--name=NAME -D DIR [-s] [-p] [--predump-dir=DIR] [-v] [-A PATH]\n--name=NAME -D DIR -r [-d|-F] [-v] [-A PATH]',
    name: 'required',
    offers: 'running',
    rest: 'none',
    options: [
      { flags: '-r, --restore', description: 'Restore it' },
      { flags: '-D, --checkpoint-dir <DIR>', description: 'Where the checkpoint is, or will be' },
      { flags: '-v, --verbose', description: 'Let CRIU write all into its log there' },
      { flags: '-A, --action-script <PATH>', description: 'A program that CRIU calls at its own steps' },
      { flags: '-s, --stop', description: 'The container ends when it is saved' },
      {
        flags: '-p, --pre-dump',
        description:
          'Save the memory alone; the container goes on, and\na later checkpoint saves what changed',
      },
      { flags: '--predump-dir <DIR>', description: 'Where that was saved, relative to -D' },
      { flags: '-d, --daemon', description: 'With -r: return when it runs (default)' },
      { flags: '-F, --foreground', description: 'With -r: stay until it ends' },
      { flags: '--rcfile <FILE>', description: "Use the configuration FILE instead of the container's own" },
    ],
  },
  checkpoint,
);
