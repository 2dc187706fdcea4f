/** Run in a world: holds a container frozen and says so, until its standard input ends. */
import { once } from 'node:events';
import { whileFrozen } from '../../src/container/freeze/freeze.ts';
import { containerPaths } from '../../src/container/paths.ts';
import { loadSystemConfig } from '../../src/config/system.ts';

const [name = ''] = process.argv.slice(2);
const system = loadSystemConfig(process.env);
await whileFrozen(containerPaths(system, system.lxcpath, name), async () => {
  process.stdout.write('frozen\n');
  await once(process.stdin.resume(), 'end');
});
process.stdout.write('done\n');
