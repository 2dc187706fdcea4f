/** tlxc-freeze */
import { freezeContainer } from '../container/freeze/freeze.ts';
import { containerPaths } from '../container/paths.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { whileShown } from './progress.ts';
import { CHECKED_RCFILE, checkRcfile } from './rcfile.ts';
import { secondsArgument } from './seconds.ts';

async function freeze(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  const { timeout } = options;
  await checkRcfile(invocation, context);
  const paths = containerPaths(system, lxcpath, name);
  const limit = typeof timeout === 'string' ? { timeoutMs: secondsArgument(timeout) } : {};
  await whileShown(invocation, context, 'freezing', () => freezeContainer(paths, limit));
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-freeze',
    summary: 'freezes all processes of the running container NAME',
    usage: '--name=NAME',
    name: 'required',
    offers: 'running',
    rest: 'none',
    options: [
      {
        flags: '-t, --timeout <T>',
        description: 'Let it run on when it is not frozen after T seconds (10; -1: never)',
      },
      CHECKED_RCFILE,
    ],
  },
  freeze,
);
