/** tlxc-unfreeze */
import { thawContainer } from '../container/freeze.ts';
import { containerPaths } from '../container/paths.ts';
import { defineCommand } from './command.ts';

export default defineCommand(
  {
    program: 'tlxc-unfreeze',
    summary: 'lets the frozen container NAME run again',
    usage: '--name=NAME',
    name: 'required',
    rest: 'none',
    options: [],
  },
  ({ name, lxcpath, system }) => {
    thawContainer(containerPaths(system, lxcpath, name));
    return 0;
  },
);
