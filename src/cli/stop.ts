/** tlxc-stop */
import { stopContainer, type StopRequest } from '../container/stop/stop.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { whileShown } from './progress.ts';
import { rcfileOf, rcfileOption } from './rcfile.ts';
import { secondsArgument } from './seconds.ts';
import { warner } from './tell.ts';
import { usageError } from './usage.ts';

const DEFAULT_SECONDS = 60;

const WAITING = {
  halt: 'waiting for it to shut down',
  reboot: 'waiting for it to reboot',
  kill: 'waiting for its end',
} as const;

function checkCombination({ options }: Invocation): void {
  if (options['kill'] !== true) {
    if (options['nolock'] === true) throw usageError('--nolock may only be used with -k');
    return;
  }
  if (options['nokill'] === true) throw usageError("-k can't be used with --nokill");
  if (options['reboot'] === true) throw usageError("-k can't be used with -r");
  // Scripts of LXC's users write -t 0 there: at once.
  if ((options['timeout'] ?? '0') !== '0') throw usageError("-k doesn't allow timeouts");
}

/** Milliseconds; -1 for ever, 0 not at all. */
function timeoutMs({ options }: Invocation): number {
  if (options['nowait'] === true) return 0;
  const given = options['timeout'];
  if (typeof given !== 'string' || options['kill'] === true) return DEFAULT_SECONDS * 1000;
  return secondsArgument(given);
}

async function stop(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  checkCombination(invocation);
  const how: StopRequest['how'] = options['kill'] ? 'kill' : options['reboot'] ? 'reboot' : 'halt';
  const escalate = options['nokill'] !== true;
  const warn = warner(invocation, context);
  const configFile = rcfileOf(invocation, context);
  const request = { name, lxcpath, system, how, escalate, configFile, environment: context.env, warn };
  const limitMs = timeoutMs(invocation);
  await whileShown(invocation, context, WAITING[how], ({ about }) =>
    stopContainer({ ...request, timeoutMs: limitMs, onLingering: about }),
  );
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-stop',
    summary: 'stops the container NAME: asks its init to halt, waits, then kills it',
    usage: '--name=NAME',
    name: 'required',
    offers: 'running',
    rest: 'none',
    exitCodes: { TLXC_E_NOT_RUNNING: 2 },
    options: [
      { flags: '-r, --reboot', description: 'Reboot the container' },
      { flags: '-W, --nowait', description: 'Return when the request is sent' },
      { flags: '-t, --timeout <T>', description: 'Wait T seconds before the kill (60; -1: for ever)' },
      { flags: '-k, --kill', description: 'Kill the container without asking its init' },
      { flags: '--nolock', description: 'With -k: take no lock; tlxc-stop never waits for one' },
      { flags: '--nokill', description: 'Do not kill when the time is over: exit 1' },
      rcfileOption('lxc.signal.halt and .reboot'),
    ],
  },
  stop,
);
