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

test('a copy on write: that its source has it is on disk before it is there', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const calls = await callsOf(world, 'tlxc-copy -n u1 -N u2 -s');
  const list = join(world.lxcpath, 'u1/lxc_snapshots');
  const first = (part: RegExp): number => calls.findIndex((call) => part.test(call));
  const written = first(new RegExp(`fsync\\(\\d+<${join(world.lxcpath, 'u1/.lxc_snapshots')}[^>]*>\\) += 0`));
  const named = first(new RegExp(`rename\\(.*"${list}"`));
  const synced = calls.findIndex((call, at) => at > named && /syncfs(\(| resumed).*= 0/.test(call));
  const placed = first(new RegExp(`rename\\(.*"${join(world.lxcpath, 'u2')}"`));
  t.true(
    written >= 0 && written < named && named < synced && synced < placed,
    [written, named, synced, placed].join(' '),
  );
});
