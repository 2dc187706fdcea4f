/** tlxc-autostart */
import {
  autostart,
  planAutostart,
  type AutostartAction,
  type AutostartRequest,
  type Candidate,
} from '../container/autostart.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { printable } from './printable.ts';
import { renderError } from './render.ts';
import { secondsArgument } from './seconds.ts';

const DEFAULT_SECONDS = '60';

/** As LXC: of several the first in this order counts. */
function actionOf({ options }: Invocation): AutostartAction {
  if (options['shutdown'] === true) return 'shutdown';
  if (options['kill'] === true) return 'kill';
  return options['reboot'] === true ? 'reboot' : 'start';
}

function requestOf(invocation: Invocation, { env }: CommandContext): AutostartRequest {
  const { options, lxcpath, system } = invocation;
  const { groups = [''], timeout = DEFAULT_SECONDS } = options as { groups?: string[]; timeout?: string };
  return {
    ...{ lxcpath, system, environment: env, action: actionOf(invocation) },
    groups: groups.flatMap((list) => list.split(',')),
    all: options['all'] === true,
    ignoreAuto: options['ignoreAuto'] === true,
    timeoutMs: secondsArgument(timeout),
  };
}

/** Prints what goes wrong (not with -q), and logs it. */
class Reporter {
  failures = 0;

  constructor(
    private readonly invocation: Invocation,
    private readonly context: CommandContext,
  ) {}

  failed(name: string, error: unknown): void {
    this.failures++;
    for (const line of renderError(this.context.program, error, name)) this.#say(line, 'ERROR');
  }

  warn(text: string, name?: string): void {
    const place = name === undefined ? '' : ` ${name}:`;
    this.#say(`${this.context.program}:${place} warning: ${printable(text)}`, 'WARN');
  }

  #say(line: string, level: 'WARN' | 'ERROR'): void {
    if (!this.invocation.quiet) this.context.stderr.write(`${line}\n`);
    this.invocation.log(level, line);
  }
}

function list(containers: readonly Candidate[], { action }: AutostartRequest): string {
  const withDelay = action === 'start' || action === 'reboot';
  return containers.map(({ name, start }) => `${name}${withDelay ? ` ${start.delay}` : ''}\n`).join('');
}

async function run(invocation: Invocation, context: CommandContext): Promise<number> {
  const reporter = new Reporter(invocation, context);
  const request = requestOf(invocation, context);
  if (request.all && invocation.options['groups'] !== undefined)
    reporter.warn('-a takes all containers: what -g says is not heeded');
  const { defined, containers, failures } = planAutostart(request);
  for (const { name, error } of failures) reporter.failed(name, error);
  if (invocation.options['list'] === true) {
    context.stdout.write(list(containers, request));
    return 0;
  }
  for (const container of containers) {
    try {
      await autostart(container, request, (text) => reporter.warn(text, container.name));
    } catch (error) {
      if (!(error instanceof TlxcError)) throw error;
      reporter.failed(container.name, error);
    }
  }
  if (reporter.failures === 0) return 0;
  // As LXC counts: all is all that are defined.
  return reporter.failures === defined ? 1 : 2;
}

export default defineCommand(
  {
    program: 'tlxc-autostart',
    summary: 'starts the containers that have lxc.start.auto, in order; or reboots, stops or kills them',
    usage: '[-r | -s | -k] [-L] [-a | -g GROUPS]',
    name: 'none',
    rest: 'none',
    options: [
      { flags: '-k, --kill', description: 'Kill the containers instead' },
      { flags: '-L, --list', description: 'Print those concerned, with the delay after each; do nothing' },
      { flags: '-r, --reboot', description: 'Reboot the containers instead' },
      { flags: '-s, --shutdown', description: 'Shut the containers down instead' },
      { flags: '-a, --all', description: 'Take containers of all groups and of none' },
      { flags: '-A, --ignore-auto', description: 'Take those without lxc.start.auto as well' },
      {
        flags: '-g, --groups <GROUPS>',
        description:
          'Take the containers of these groups, parted by commas, in their\norder; an empty one: those without a group (the default)',
        repeat: true,
      },
      {
        flags: '-t, --timeout <T>',
        description: 'Wait T seconds for a shutdown before the kill (60), or a reboot',
      },
    ],
  },
  run,
);
