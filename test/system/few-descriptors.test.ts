/** Commands that may have few open files: done, or refused in words, and nothing is left; no signal goes to anybody else. */
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

const LIMITS = Array.from({ length: 11 }, (_, index) => 18 + 5 * index);

for (const [command, undo] of [
  ['tlxc-start -n c1', 'tlxc-stop -k -n c1'],
  ['tlxc-export -n c1 c1.tar', 'rm c1.tar'],
  ['tlxc-copy -n c1 -N c2', 'tlxc-destroy -n c2'],
  ['tlxc-file pull -r c1/etc out', 'rm -r out'],
] as const)
  rooted(command, async (t) => {
    const world = await makeWorld(t);
    addBusybox(world, 'c1');
    const statuses = new Set<number | null>();
    for (const limit of LIMITS) {
      const { code, stderr } = await world.run(
        'setsid',
        '-w',
        'bash',
        '-c',
        `ulimit -n ${limit}; ${command}`,
      );
      statuses.add(code);
      if (code === 0) {
        await world.sh(undo);
        continue;
      }
      t.regex(stderr, /^tlxc-\w+: .*\n {2}hint: raise the limit of open files \(ulimit -n\)\n$/, `${limit}`);
      // Files that it could not remove the next command removes; groups it has to remove itself.
      await world.sh('tlxc-copy -n c1 -N swept; tlxc-destroy -n swept');
      t.deepEqual(await world.leaks(), [], `${limit}`);
    }
    t.deepEqual([...statuses].sort(), [0, 1]);
  });
