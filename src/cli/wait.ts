/** tlxc-wait */
import { containerPaths, type ContainerPaths } from '../container/paths.ts';
import { conditionText, parseConditions } from '../container/readiness/condition.ts';
import { checkStates, STATES, waitForState } from '../container/wait.ts';
import { TlxcError } from '../errors.ts';
import type { ContainerState } from '../monitor/protocol.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import type { OptionValue } from './options.ts';
import { jsonText } from './printable.ts';
import { CHECKED_RCFILE, checkRcfile } from './rcfile.ts';
import { secondsArgument } from './seconds.ts';
import { warner } from './tell.ts';
import { usageError } from './usage.ts';
import { CONDITIONS } from './wait-options.ts';

const STATES_HINT = `-s takes one or several of ${STATES.join('|')}`;

/** STATE|STATE, as LXC reads it: what is empty does not count. */
function parseStates(given: OptionValue): ReadonlySet<ContainerState> {
  const words = typeof given === 'string' ? given.split('|').filter(Boolean) : [];
  if (words.length === 0) throw usageError('the state to wait for is missing', STATES_HINT);
  return new Set(checkStates(words, STATES_HINT));
}

/** Milliseconds; anything below 0 is for ever, as in LXC. */
const timeoutOf = (given: OptionValue): number =>
  typeof given !== 'string' || /^-\d+$/.test(given) ? -1 : secondsArgument(given);

/** --for. Throws TLXC_E_TIMEOUT with what is missing, and where the container ends meanwhile. */
async function waitFor(
  texts: readonly string[],
  paths: ContainerPaths,
  invocation: Invocation,
  context: CommandContext,
): Promise<number> {
  const { name, system, options } = invocation;
  const conditions = parseConditions(texts);
  const print = (reached: boolean): void => {
    const answer = { name, states: [], conditions: conditions.map(conditionText), reached };
    if (options['json'] === true) context.stdout.write(jsonText(answer));
  };
  const { waitUntil } = await import('../container/readiness/wait-until.ts');
  const how = { timeoutMs: timeoutOf(options['timeout']), longer: '-t', warn: warner(invocation, context) };
  await waitUntil({ system, paths, caller: context.env, conditions, ...how }).catch((error: unknown) => {
    if (error instanceof TlxcError && error.code === 'TLXC_E_TIMEOUT') print(false);
    throw error;
  });
  print(true);
  return 0;
}

async function waitForStates(
  paths: ContainerPaths,
  { name, system, options }: Invocation,
  context: CommandContext,
): Promise<number> {
  const states = parseStates(options['state']);
  const reached = await waitForState({ system, paths, states, timeoutMs: timeoutOf(options['timeout']) });
  const answer = { name, states: [...states], conditions: [], reached };
  if (options['json'] === true) context.stdout.write(jsonText(answer));
  return reached ? 0 : 1;
}

async function wait(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  const texts = options['for'] as readonly string[] | undefined;
  if (texts !== undefined && options['state'] !== undefined)
    throw usageError('-s and --for exclude each other', '--for=running is the state of one that runs');
  const paths = containerPaths(system, lxcpath, name);
  if (texts === undefined) parseStates(options['state']);
  else parseConditions(texts);
  timeoutOf(options['timeout']);
  await checkRcfile(invocation, context);
  return texts === undefined
    ? waitForStates(paths, invocation, context)
    : waitFor(texts, paths, invocation, context);
}

export default defineCommand(
  {
    program: 'tlxc-wait',
    summary: 'waits until the container NAME is in one of some states, or as far as it is needed',
    usage: '--name=NAME {--state=STATE[|STATE] | --for=CONDITION} [--timeout=T] [--json]',
    name: 'required',
    offers: 'all',
    rest: 'none',
    options: [
      {
        flags: '-s, --state <STATE>',
        description: `Any of ${STATES.slice(0, 4).join('|')}|\n${STATES.slice(4).join('|')}, several joined with |`,
      },
      {
        flags: '--for <CONDITION>',
        description: `Instead: once it runs, until it ${CONDITIONS}`,
        repeat: true,
      },
      { flags: '-t, --timeout <T>', description: 'Exit 1 after T seconds (-1, the default: never)' },
      { flags: '--json', description: 'Tell as JSON whether it was reached' },
      CHECKED_RCFILE,
    ],
  },
  wait,
);
