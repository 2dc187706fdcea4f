/** tlxc-start */
import { resolve } from 'node:path';
import { TlxcError } from '../errors.ts';
import { startInForeground } from '../container/start/foreground.ts';
import { containerPaths } from '../container/paths.ts';
import { withoutSecrets } from '../plan/credentials.ts';
import { planStart, startContainer, type StartRequest } from '../container/start/start.ts';
import { notifyReady } from '../host/service-manager.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { definesOf } from './define-option.ts';
import { argumentOf, type OptionValue } from './options.ts';
import { jsonText } from './printable.ts';
import { whileShown } from './progress.ts';
import { namedConfig } from './rcfile.ts';
import { sharedOf, SHARE_OPTIONS } from './share-options.ts';
import { signalNote, warner } from './tell.ts';
import { waitArguments, WAIT_OPTIONS, type WaitArguments } from './wait-options.ts';
import { usageError } from './usage.ts';

/** What the command line asks for; relative paths begin at the caller's directory. */
function requestOf(invocation: Invocation, { cwd, env }: CommandContext): StartRequest {
  const { name, lxcpath, system, options, rest, logTarget } = invocation;
  const path = (value: OptionValue) => {
    const given = argumentOf(value);
    return given === undefined ? undefined : resolve(cwd, given);
  };
  return {
    name,
    lxcpath,
    system,
    share: sharedOf(options),
    environment: env,
    configFile: namedConfig(options['rcfile'], cwd),
    defines: definesOf(options),
    consolePath: options['console'] === 'none' ? 'none' : path(options['console']),
    consoleLog: path(options['consoleLog']),
    pidFile: path(options['pidfile']),
    foreground: options['foreground'] === true,
    command: rest.length > 0 ? rest : undefined,
    logFile: logTarget.file || undefined,
    logLevel: argumentOf(options['logpriority']) ? logTarget.level : undefined,
  };
}

/** One that runs already is waited for as well: what was asked for is so in the end. */
async function startAndWait(
  request: StartRequest,
  wait: WaitArguments,
  warn: (text: string) => void,
): Promise<void> {
  const { checkFor } = await import('../container/readiness/health.ts');
  await startContainer(request, { warn, check: checkFor(wait.conditions) }).catch((error: unknown) => {
    if (!(error instanceof TlxcError) || error.code !== 'TLXC_E_RUNNING') throw error;
  });
  const { waitForConditions, DEFAULT_WAIT_MS } = await import('../container/readiness/wait-for.ts');
  const paths = containerPaths(request.system, request.lxcpath, request.name);
  const { conditions, timeoutMs = DEFAULT_WAIT_MS } = wait;
  await waitForConditions({ paths, caller: request.environment, conditions, timeoutMs, warn });
}

function checkWait(wait: WaitArguments | null, { foreground }: StartRequest): void {
  if (wait === null || !foreground) return;
  const message = '--wait and -F exclude each other: in the foreground there is nobody who waits';
  throw usageError(message);
}

async function start(invocation: Invocation, context: CommandContext): Promise<number> {
  const request = requestOf(invocation, context);
  const warn = warner(invocation, context);
  const wait = waitArguments(invocation);
  checkWait(wait, request);
  if (invocation.options['plan'] === true) {
    const { plan, warnings } = planStart(request);
    warnings.forEach(warn);
    context.stdout.write(jsonText(withoutSecrets(plan)));
    return 0;
  }
  if (invocation.options['restart'] === true) {
    const { startAgain } = await import('./start-again.ts');
    const tell = (line: string) => void context.stderr.write(`${line}\n`);
    return startAgain(request, { warn, tell });
  }
  if (wait) {
    await whileShown(invocation, context, 'starting, and waiting as --wait says', () =>
      startAndWait(request, wait, warn),
    );
    return 0;
  }
  const begun = (own?: (owner: number) => void) =>
    whileShown(invocation, context, 'starting', ({ stage: onStage }) =>
      startContainer(request, { warn, own, onStage }),
    );
  const note = signalNote(invocation, context, request.name);
  if (request.foreground)
    return startInForeground({ ...request, note }, async (begin, own) => {
      begin();
      await begun(own);
      // The monitor waits for the console's viewer: who runs us is told that it runs, and then it is there.
      await notifyReady(context.env);
    });
  await begun();
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-start',
    summary: 'starts the container NAME: its init, or COMMAND in place of it',
    usage: '--name=NAME [-- COMMAND]',
    name: 'required',
    offers: 'stopped',
    rest: 'words',
    // As LXC: what was asked for is so.
    exitCodes: { TLXC_E_RUNNING: 0 },
    options: [
      {
        flags: '-d, --daemon',
        description: 'Return when the container runs (default)',
        overrides: 'foreground',
      },
      {
        flags: '-F, --foreground',
        description: "Stay: this terminal is the container's console",
        overrides: 'daemon',
      },
      { flags: '-p, --pidfile <FILE>', description: "Write the monitor's process id to FILE" },
      {
        flags: '-f, --rcfile <FILE>',
        description: "Use the configuration FILE instead of the container's own",
      },
      { flags: '-c, --console <FILE>', description: "Use FILE as the container's console" },
      { flags: '-L, --console-log <FILE>', description: 'Log what the console prints to FILE' },
      {
        flags: '-C, --close-all-fds',
        description:
          'Let no inherited descriptor reach the container;\nthis is always so, the option is LXC compatible',
      },
      { flags: '-s, --define <KEY=VAL>', description: 'Set the configuration key KEY to VAL', repeat: true },
      ...SHARE_OPTIONS,
      ...WAIT_OPTIONS,
      { flags: '--restart', description: '', hidden: true, yields: true },
      {
        flags: '--plan',
        description: 'Print what a start would do, as JSON, and start nothing',
        yields: true,
      },
    ],
  },
  start,
);
