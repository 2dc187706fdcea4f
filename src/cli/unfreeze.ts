/** tlxc-unfreeze */
import { thawContainer } from '../container/freeze.ts';
import { containerPaths } from '../container/paths.ts';
import { defineCommand } from './command.ts';
import { CHECKED_RCFILE, checkRcfile } from './rcfile.ts';

export default defineCommand(
  {
    program: 'tlxc-unfreeze',
    summary: 'lets the frozen container NAME run again',
    usage: '--name=NAME',
    name: 'required',
    rest: 'none',
    options: [CHECKED_RCFILE],
  },
  async (invocation, context) => {
    const { name, lxcpath, system } = invocation;
    await checkRcfile(invocation, context);
    thawContainer(containerPaths(system, lxcpath, name));
    return 0;
  },
);
