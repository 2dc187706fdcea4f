/** tlxc-destroy */
import { destroyContainer } from '../container/destroy.ts';
import { defineCommand, type Invocation } from './command.ts';
import type { CommandContext } from './context.ts';
import { printable } from './printable.ts';

async function destroy(invocation: Invocation, { program, stderr, env }: CommandContext): Promise<number> {
  const { name, lxcpath, system, options, quiet, log } = invocation;
  const warn = (text: string) => {
    if (!quiet) stderr.write(`${program}: ${name}: warning: ${printable(text)}\n`);
    log('WARN', text);
  };
  const { incarnation } = options;
  const flags = { force: options['force'] === true, snapshots: options['snapshots'] === true };
  await destroyContainer({
    ...{ name, lxcpath, system, environment: env, warn },
    ...flags,
    ...(typeof incarnation === 'string' && { incarnation }),
  });
  return 0;
}

export default defineCommand(
  {
    program: 'tlxc-destroy',
    summary: 'destroys a container with the identifier NAME',
    usage: '--name=NAME [-f] [-P lxcpath]',
    name: 'required',
    rest: 'none',
    options: [
      { flags: '-s, --snapshots', description: 'destroy including all snapshots' },
      { flags: '--incarnation <ID>', description: '', hidden: true },
      { flags: '-f, --force', description: "stop and destroy the container if it's still running" },
    ],
  },
  destroy,
);
