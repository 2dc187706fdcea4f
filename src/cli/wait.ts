/** tlxc-wait */
import { containerPaths } from '../container/paths.ts';
import { waitForState } from '../container/wait.ts';
import type { ContainerState } from '../monitor/protocol.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { jsonText } from './printable.ts';
import { CHECKED_RCFILE, checkRcfile } from './rcfile.ts';
import { secondsArgument } from './seconds.ts';
import { usageError } from './usage.ts';

export const STATES: readonly ContainerState[] = [
  ...(['STOPPED', 'STARTING', 'RUNNING', 'STOPPING'] as const),
  ...(['ABORTING', 'FREEZING', 'FROZEN', 'THAWED'] as const),
];

const isState = (text: string): text is ContainerState => (STATES as readonly string[]).includes(text);

/** STATE|STATE, as LXC reads it: what is empty does not count. */
function parseStates(given: Invocation['options'][string]): ReadonlySet<ContainerState> {
  const hint = `-s takes one or several of ${STATES.join('|')}`;
  const words = typeof given === 'string' ? given.split('|').filter(Boolean) : [];
  if (words.length === 0) throw usageError('the state to wait for is missing', hint);
  const unknown = words.find((word) => !isState(word));
  if (unknown !== undefined) throw usageError(`invalid state '${unknown}'`, hint);
  return new Set(words.filter(isState));
}

/** Milliseconds; anything below 0 is for ever, as in LXC. */
const timeoutOf = (given: Invocation['options'][string]): number =>
  typeof given !== 'string' || /^-\d+$/.test(given) ? -1 : secondsArgument(given);

async function wait(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  const states = parseStates(options['state']);
  const timeoutMs = timeoutOf(options['timeout']);
  const paths = containerPaths(system, lxcpath, name);
  await checkRcfile(invocation, context);
  const reached = await waitForState({ system, paths, states, timeoutMs });
  if (options['json'] === true) context.stdout.write(jsonText({ name, states: [...states], reached }));
  return reached ? 0 : 1;
}

export default defineCommand(
  {
    program: 'tlxc-wait',
    summary: 'waits until the container NAME is in one of some states',
    usage: '--name=NAME --state=STATE[|STATE] [--timeout=T] [--json]',
    name: 'required',
    rest: 'none',
    options: [
      {
        flags: '-s, --state <STATE>',
        description: `Any of ${STATES.slice(0, 4).join('|')}|\n${STATES.slice(4).join('|')}, several joined with |`,
      },
      { flags: '-t, --timeout <T>', description: 'Exit 1 after T seconds (-1, the default: never)' },
      { flags: '--json', description: 'Tell as JSON whether it was reached' },
      CHECKED_RCFILE,
    ],
  },
  wait,
);
