/** tlxc-unfreeze */
import { thawContainer } from '../container/freeze/freeze.ts';
import { containerPaths } from '../container/paths.ts';
import { TlxcError } from '../errors.ts';
import { defineCommand } from './command.ts';
import { CHECKED_RCFILE, checkRcfile } from './rcfile.ts';

export default defineCommand(
  {
    program: 'tlxc-unfreeze',
    summary: 'lets the frozen container NAME run again',
    usage: '--name=NAME',
    name: 'required',
    offers: 'running',
    rest: 'none',
    options: [CHECKED_RCFILE],
  },
  async (invocation, context) => {
    const { name, lxcpath, system } = invocation;
    await checkRcfile(invocation, context);
    try {
      thawContainer(containerPaths(system, lxcpath, name));
    } catch (error) {
      // As LXC: with a configuration it is defined, and what does not run is not frozen.
      const isKnown = invocation.options['rcfile'] !== undefined;
      if (!isKnown || !(error instanceof TlxcError) || error.code !== 'TLXC_E_NOT_FOUND') throw error;
    }
    return 0;
  },
);
