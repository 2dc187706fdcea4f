/** tlxc-autostart */
import { existsSync } from 'node:fs';
import { autostart, planAutostart, type AutostartRequest } from '../container/autostart/autostart.ts';
import type { AutostartAction, Candidate } from '../container/autostart/order.ts';
import { TlxcError } from '../errors.ts';
import { AutostartReport } from './autostart-report.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText } from './printable.ts';
import { secondsArgument } from './seconds.ts';
import { waitArguments, WAIT_OPTIONS } from './wait-options.ts';

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
    thorough: options['list'] === true,
    timeoutMs: secondsArgument(timeout),
    ...waits(invocation),
  };
}

/** Without --wait the time is that of tlxc.start.ready. */
function waits(invocation: Invocation): Pick<AutostartRequest, 'wait' | 'readyTimeoutMs'> {
  const { wait, waitTimeout } = invocation.options;
  if (wait !== undefined || typeof waitTimeout !== 'string') return { wait: waitArguments(invocation) };
  return { readyTimeoutMs: secondsArgument(waitTimeout, '--wait-timeout') };
}

function list(containers: readonly Candidate[], action: AutostartAction): string {
  const withDelay = action === 'start' || action === 'reboot';
  return containers.map(({ name, start }) => `${name}${withDelay ? ` ${start.delay}` : ''}\n`).join('');
}

const listJson = (containers: readonly Candidate[], action: AutostartAction): string =>
  jsonText({
    action,
    containers: containers.map(({ name, groups, start: { delay, order, after } }) => {
      return { name, delay, order, groups, after: after.map(({ value }) => value) };
    }),
  });

/** As LXC. A store that nobody names is not there before the first container is: no mistake of the person's. */
function expectStore({ options, lxcpath }: Invocation): void {
  if (!options['lxcpath'] || existsSync(lxcpath)) return;
  throw new TlxcError({
    code: 'TLXC_E_NOT_FOUND',
    message: `there is no ${lxcpath} to take containers from`,
    path: lxcpath,
    hint: '-P names the directory that the containers lie in; without it that is lxc.lxcpath of tlxc.conf(5)',
  });
}

async function run(invocation: Invocation, context: CommandContext): Promise<number> {
  const { options } = invocation;
  const request = requestOf(invocation, context);
  expectStore(invocation);
  const { action } = request;
  const plan = planAutostart(request);
  const containers = plan.phases.flat();
  const concerned = containers.length + plan.failures.length;
  const report = new AutostartReport(invocation, context, { action, concerned });
  if (request.all && options['groups'] !== undefined)
    report.warn('-a takes all containers: what -g says is not heeded');
  for (const { name, error } of plan.failures) report.failed(name, error);
  if (options['list'] === true) {
    context.stdout.write((options['json'] === true ? listJson : list)(containers, action));
    return 0;
  }
  for (const { name, text } of plan.warnings) report.warn(text, name);
  if (concerned > 0) await report.while(() => autostart(plan, request, report));
  report.end();
  if (report.failures === 0) return 0;
  // As LXC counts: all is all that are defined.
  return report.failures === plan.defined ? 1 : 2;
}

export default defineCommand(
  {
    program: 'tlxc-autostart',
    summary: 'starts the containers that have lxc.start.auto, in order; or reboots, stops or kills them',
    usage: '[-r | -s | -k] [-L] [-a | -g GROUPS] [--json]',
    name: 'ignored',
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
      ...WAIT_OPTIONS,
      {
        flags: '--json',
        description: 'Print what became of each container (with -L: what is known of each) as JSON',
      },
    ],
  },
  run,
);
