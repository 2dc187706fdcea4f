/** Killed at any moment, a command leaves a whole container or none, and nothing that the next one trips over. */
import { requires } from '../rig/requires.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

/** Seconds: from before Node has loaded the command to after it has ended. */
const moments = [0.02, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.12, 0.15, 0.2, 0.3];

/** Only the command itself is killed, as the kernel's out-of-memory killer does it; its children are on their own. */
const killedAfter = (world: World, seconds: number, ...command: string[]): Promise<unknown> =>
  world.run('timeout', '--foreground', '-s', 'KILL', String(seconds), ...command);

const stateOf = async (world: World, name: string): Promise<string> =>
  (await world.run('tlxc-info', '-n', name, '-s', '-H')).stdout.trim();

rooted('create', async (t) => {
  const world = await makeWorld(t);
  await world.sh('touch empty.conf');
  for (const moment of moments) {
    await killedAfter(world, moment, 'tlxc-create', '-n', 'k1', '-t', 'busybox', '-f', 'empty.conf');
    const listed = await world.sh('tlxc-ls -1');
    t.true(['', 'k1\n'].includes(listed), `after ${moment} s: ${listed}`);
    if (listed === '') await world.sh('tlxc-create -n k1 -t busybox -f empty.conf');
    await world.sh('tlxc-start -n k1; tlxc-attach -n k1 -- true; tlxc-stop -k -n k1; tlxc-destroy -n k1');
    t.is(await world.sh('tlxc-ls -1'), '');
  }
});

rooted('start', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'k1');
  for (const moment of moments) {
    await killedAfter(world, moment, 'tlxc-start', '-n', 'k1');
    // A monitor that was on its way goes on or gives up by itself.
    await eventually(30, async () =>
      /STARTING|STOPPING|ABORTING/.test(await stateOf(world, 'k1')) ? undefined : true,
    );
    if ((await stateOf(world, 'k1')) !== 'RUNNING') await world.sh('tlxc-start -n k1');
    t.is(await world.sh('tlxc-attach -n k1 -- hostname'), 'k1\n', `after ${moment} s`);
    await world.sh('tlxc-stop -k -n k1');
  }
  t.deepEqual(await world.leaks(), []);
});

rooted('export: a whole file or none, and none that is hidden', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'k1');
  await world.sh('mkdir out; dd if=/dev/urandom of=lxc/k1/rootfs/tmp/big bs=1M count=30 status=none');
  for (const moment of moments) {
    await killedAfter(world, moment, 'tlxc-export', 'k1', 'out/k1.tar');
    const left = await world.sh('ls -A out');
    t.true(['', 'k1.tar\n'].includes(left), `after ${moment} s: ${left}`);
    if (left !== '') await world.sh('tar tf out/k1.tar > /dev/null; rm out/k1.tar');
  }
});

rooted('destroy', async (t) => {
  const world = await makeWorld(t);
  await world.sh('touch empty.conf');
  for (const moment of moments) {
    const exists = (await world.sh('tlxc-ls -1')) !== '';
    if (!exists) await world.sh('tlxc-create -n k1 -t busybox -f empty.conf');
    await killedAfter(world, moment, 'tlxc-destroy', '-n', 'k1');
    if ((await world.sh('tlxc-ls -1')) === '') continue;
    await world.sh('tlxc-start -n k1; tlxc-attach -n k1 -- true; tlxc-stop -k -n k1');
    t.pass();
  }
  if ((await world.sh('tlxc-ls -1')) !== '') await world.sh('tlxc-destroy -n k1');
  // What a destroy did not come to is done by the next create or destroy.
  await world.sh('tlxc-create -n k2 -t busybox -f empty.conf; tlxc-destroy -n k2');
  t.deepEqual(await world.leaks(), []);
});

rooted('the monitor: its container ends with it, and starts again', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'k1');
  for (let round = 0; round < 3; round++) {
    await world.sh('tlxc-start -n k1');
    await world.sh(`kill -9 $(pgrep -f '^\\[tlxc monitor\\] .* k1$')`);
    await eventually(30, async () => ((await stateOf(world, 'k1')) === 'STOPPED' ? true : undefined));
  }
  await world.sh('tlxc-start -n k1; tlxc-stop -k -n k1');
  t.deepEqual(await world.leaks(), []);
});
