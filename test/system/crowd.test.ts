/** Many at once, and one that does not answer. */
import { requires } from '../rig/requires.ts';
import { addBusybox } from '../rig/containers.ts';
import { leastBelow, leastOf } from '../rig/least.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

rooted.serial('twenty containers start at once', async (t) => {
  const world = await makeWorld(t);
  const names = Array.from({ length: 20 }, (_, index) => `c${index + 10}`);
  for (const name of names) addBusybox(world, name);
  const started = await Promise.all(names.map((name) => world.run('tlxc-start', '-n', name)));
  t.deepEqual(
    started.map(({ code, stderr }) => `${code}${stderr}`),
    names.map(() => '0'),
  );
  t.deepEqual((await world.sh('tlxc-ls --running -1')).trim().split('\n'), names);
  const stopped = await Promise.all(names.map((name) => world.run('tlxc-stop', '-k', '-n', name)));
  t.deepEqual(
    stopped.map(({ code, stderr }) => `${code}${stderr}`),
    names.map(() => '0'),
  );
  t.deepEqual(await world.leaks(), []);
});

rooted.serial('of several starts of one container one wins, and the others say so', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1');
  const starts = await Promise.all(Array.from({ length: 6 }, () => world.run('tlxc-start', '-n', 'c1')));
  // As with LXC, that is no failure.
  t.true(starts.every(({ code }) => code === 0));
  const losers = starts.filter(({ stderr }) => stderr !== '');
  t.is(losers.length, 5);
  for (const { stderr } of losers)
    t.is(
      stderr,
      'tlxc-start: c1: Container is already running\n  hint: tlxc-attach -n c1 enters it, tlxc-stop -n c1 stops it\n',
    );
  await world.sh('tlxc-attach -n c1 -- true; tlxc-stop -k -n c1');
});

rooted.serial('a monitor that does not answer delays nobody', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['c1', 'c2']) addBusybox(world, name);
  await world.sh('tlxc-start -n c1; tlxc-start -n c2');
  const listed = async () => (await world.run('tlxc-ls', '--fancy')).milliseconds;
  const before = await leastOf(3, listed);
  await world.sh(`kill -STOP $(pgrep -f '^\\[tlxc monitor\\] .* c1$')`);
  const during = await world.run('tlxc-ls', '--fancy');
  t.regex(during.stdout, /c1 +UNRESPONSIVE/);
  t.regex(during.stdout, /c2 +RUNNING/);
  // 200 ms for the question itself; the rest is what starting a process may vary by on a busy machine.
  const after = await leastBelow(before + 500, listed);
  t.true(after < before + 500, `${before} ms, then ${after} ms`);
  t.regex((await world.run('tlxc-info', '-n', 'c1')).stdout, /State: +UNRESPONSIVE/);
  t.is((await world.run('tlxc-attach', '-n', 'c2', '--', 'hostname')).stdout, 'c2\n');
  t.is((await world.run('tlxc-attach', '-n', 'c1', '--', 'hostname')).code, 1);
  t.is((await world.run('tlxc-stop', '-k', '-n', 'c1')).code, 0);
  t.regex(await world.sh('tlxc-ls --fancy'), /c1 +STOPPED/);
  await world.sh('tlxc-start -n c1; tlxc-stop -k -n c1; tlxc-stop -k -n c2');
  t.deepEqual(await world.leaks(), []);
});
