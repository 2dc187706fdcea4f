/** tlxc-destroy */
import { destroyContainer } from '../container/remove/destroy.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { whileShown } from './progress.ts';
import { checkRcfile, rcfileOf, rcfileOption } from './rcfile.ts';
import { warner } from './tell.ts';

async function destroy(invocation: Invocation, context: CommandContext): Promise<number> {
  const { name, lxcpath, system, options } = invocation;
  const { incarnation } = options;
  const flags = { force: options['force'] === true, snapshots: options['snapshots'] === true };
  await checkRcfile(invocation, context);
  await whileShown(invocation, context, 'destroying', ({ stage: onStage }) =>
    destroyContainer({
      ...{ name, lxcpath, system, environment: context.env, warn: warner(invocation, context) },
      ...flags,
      onStage,
      configFile: rcfileOf(invocation, context),
      ...(typeof incarnation === 'string' && { incarnation }),
    }),
  );
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-destroy',
    summary: 'destroys a container with the identifier NAME',
    usage: '--name=NAME [-f] [-P lxcpath]',
    name: 'required',
    offers: 'all',
    rest: 'none',
    options: [
      { flags: '-s, --snapshots', description: 'destroy including all snapshots' },
      { flags: '--incarnation <ID>', description: '', hidden: true },
      { flags: '-f, --force', description: "stop and destroy the container if it's still running" },
      rcfileOption('the hooks and the root filesystem to remove'),
    ],
  },
  destroy,
);
