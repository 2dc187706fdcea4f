import { once } from 'node:events';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

const state = async (world: World): Promise<string> => (await world.sh('tlxc-info -n u1 -sH')).trim();

const stopped = (world: World): Promise<true> =>
  eventually(20, async () => ((await state(world)) === 'STOPPED' ? true : undefined));

/** Runs the command until the container runs, then the line, which has the command's process id in $p. */
const whileIn = (command: string, line: string): string =>
  `${command} </dev/null >out 2>err & p=$!; tlxc-wait -n u1 -s RUNNING -t 20; ${line}; echo "status $?"`;

const NOTE =
  'tlxc-start: u1 was given the signal, and has not ended\n' +
  '  hint: a second one ends it at once; tlxc-stop -n u1 shuts it down\n';

rooted('a killed foreground command leaves no container behind', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  for (const command of ['tlxc-start -n u1 -F', 'tlxc-execute -n u1 -- sleep 1000']) {
    t.is(await world.sh(whileIn(command, 'sleep 0.5; kill -KILL $p; wait $p')), 'status 137\n');
    await stopped(world);
  }
  t.pass();
});

rooted('what nobody reads any more ends; what cannot be written does not matter', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const talks = '-F -- sh -c "while echo said; do sleep 0.1; done"';
  t.is(await world.sh(`tlxc-start -n u1 ${talks} | head -n 1`), 'said\r\n');
  await stopped(world);
  await world.sh(`tlxc-start -n u1 ${talks} >/dev/full 2>&1 & tlxc-wait -n u1 -s RUNNING; sleep 1`);
  t.is(await state(world), 'RUNNING');
});

rooted('a signal goes to init; when init goes on, that is said, and the next one ends it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const command = world.spawn('sh', '-c', 'echo $$; exec tlxc-start -n u1 -F -- sleep 1000');
  const pid = Number(await once(command.stdout, 'data').then(([text]) => String(text)));
  let said = '';
  command.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = once(command, 'exit');
  await world.sh('tlxc-wait -n u1 -s RUNNING -t 20; sleep 0.5');
  // As timeout(1) sends them: one wish, however often it is told.
  await world.sh(`kill -INT ${pid}; kill -TERM ${pid}`);
  await eventually(20, () => Promise.resolve(said === '' ? undefined : true));
  t.is(said, NOTE);
  t.is(await state(world), 'RUNNING');
  await world.sh(`kill -INT ${pid}`);
  t.deepEqual(await ended, [137, null]);
  t.is(said, NOTE);
  t.is(await state(world), 'STOPPED');
});

rooted('-q says nothing of that; init that heeds a signal ends with what it makes of it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const deaf = 'sleep 0.5; kill -TERM $p; sleep 2; kill -TERM $p; wait $p';
  t.is(await world.sh(whileIn('tlxc-start -n u1 -qF -- sleep 1000', deaf)), 'status 137\n');
  t.is(await world.sh('cat err'), '');
  const heeds = `sh -c 'trap "exit 7" TERM; touch /tmp/heeds; while :; do sleep 0.1; done'`;
  const asked = 'until tlxc-attach -n u1 -- test -e /tmp/heeds; do :; done; kill -TERM $p; wait $p';
  t.is(await world.sh(whileIn(`tlxc-start -n u1 -F -- ${heeds}`, asked)), 'status 7\n');
  t.is(await world.sh('cat err'), '');
});

rooted('a terminal that is closed has the container shut down in order', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1', { config: [`lxc.hook.post-stop = ${world.dir}/hook`] });
  await world.sh(`printf '#!/bin/sh\\ncat /dev/null > ${world.dir}/hooked\\n' > hook; chmod +x hook`);
  await world.sh(`echo '::shutdown:/bin/touch /var/in-order' >> ${world.lxcpath}/u1/rootfs/etc/inittab`);
  await world.sh(whileIn('script -qc "tlxc-start -n u1 -F" /dev/null', 'sleep 0.5; kill -KILL $p; wait $p'));
  await stopped(world);
  await world.sh(`test -e hooked; test -e ${world.lxcpath}/u1/rootfs/var/in-order`);
  t.pass();
});
