/** Power may fail at any moment: what is renamed into place was brought to disk before, and the name of it is after. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const test = requires('root', 'userns', 'idmap', 'overlay', 'busybox', 'strace');

/** The calls of a command that matter here, in the order in which they ended. */
async function callsOf(world: World, command: string): Promise<readonly string[]> {
  const trace = join(world.dir, 'trace');
  await world.sh(`strace -f -y -o ${trace} -e trace=write,chmod,rename,fsync,syncfs ${command}`);
  return readFileSync(trace, 'utf8').split('\n');
}

for (const [what, command] of [
  ['a copy on write', 'tlxc-copy -n u1 -N u2 -s'],
  ['a copy', 'tlxc-copy -n u1 -N u2'],
  ['a new container', 'tlxc-create -n u2 -t busybox'],
] as const)
  test(what, async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'u1');
    const calls = await callsOf(world, command);
    const staging = join(world.lxcpath, '.tlxc-staging-u2');
    const last = (part: RegExp): number => calls.findLastIndex((call) => part.test(call));
    const changed = last(new RegExp(`^\\d+ +(write|rename)\\(.*${staging}/`));
    const synced = last(/syncfs(\(| resumed)/);
    const placed = calls.findIndex((call) => call.includes(`rename("${staging}", "${world.lxcpath}/u2")`));
    const named = last(new RegExp(`fsync\\(\\d+<${world.lxcpath}>\\) += 0`));
    t.true(
      changed >= 0 && changed < synced && synced < placed && placed < named,
      [changed, synced, placed, named].join(' '),
    );
  });
