import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { addBusybox } from '../../rig/containers.ts';
import { eventually } from '../../rig/eventually.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld, type World } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');

const state = async (world: World): Promise<string> => (await world.sh('tlxc-info -n u1 -sH')).trim();

const stopped = (world: World): Promise<true> =>
  eventually(30, async () => ((await state(world)) === 'STOPPED' ? true : undefined));

/** Runs the command until the container runs, then the line, which has the command's process id in $p. */
const whileIn = (command: string, line: string): string =>
  `${command} </dev/null >out 2>err & p=$!; tlxc-wait -n u1 -s RUNNING -t 60; ${line}; echo "status $?"`;

/** Before it, a signal ends the start. */
const SETTLED = 'until pgrep -f "[t]lxc-pty foreground" >/dev/null; do sleep 0.1; done';

const NOTE =
  'tlxc-start: u1 was given the signal, and has not ended\n' +
  '  hint: the same again within 10 s ends it at once; tlxc-stop -n u1 shuts it down\n';

rooted('a killed foreground command leaves no container behind', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  for (const command of ['tlxc-start -n u1 -F', 'tlxc-execute -n u1 -- sleep 1000']) {
    // The monitor is found by its title, as any other's.
    const kill = `pgrep -fc '^\\[tlxc monitor\\] .* u1$'; kill -KILL $p; wait $p`;
    t.is(await world.sh(whileIn(command, kill)), '1\nstatus 137\n');
    t.true(await stopped(world));
  }
});

rooted('nor one killed while the container reboots', async (t) => {
  const world = await makeWorld(t);
  const hook = `[ $LXC_TARGET = stop ] || { touch ${world.dir}/reboots; sleep 2; }`;
  await world.sh(`printf '#!/bin/sh\\n%s\\n' '${hook}' >hook; chmod +x hook`);
  addBusybox(world, 'u1', { config: [`lxc.hook.post-stop = ${world.dir}/hook`] });
  const reboots = 'tlxc-stop -r -t 0 -n u1; until [ -e reboots ]; do sleep 0.1; done; kill -KILL $p; wait $p';
  t.is(await world.sh(whileIn('tlxc-start -n u1 -F', reboots)), 'status 137\n');
  t.true(await stopped(world));
});

rooted('whose output nobody reads is shut down; what cannot be written does not matter', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const talks = `-F -- sh -c 'trap "exit 3" USR1; while echo said; do sleep 0.1; done'`;
  t.is(await world.sh(`{ tlxc-start -n u1 ${talks}; echo $? >status; } | head -n 1`), 'said\r\n');
  t.is(await world.sh('cat status'), '3\n');
  await world.sh(`tlxc-start -n u1 ${talks} >/dev/full 2>&1 & tlxc-wait -n u1 -s RUNNING; sleep 1`);
  t.is(await state(world), 'RUNNING');
});

rooted('a signal goes to init; when init goes on, that is said, and the same again ends it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const command = world.spawn('sh', '-c', 'echo $$; exec tlxc-start -n u1 -F -- sleep 1000');
  const pid = Number(await once(command.stdout, 'data').then(([text]) => String(text)));
  let said = '';
  command.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = once(command, 'exit');
  const told = (text: string) => eventually(30, () => Promise.resolve(said === text ? true : undefined));
  await world.sh(SETTLED);
  // As timeout(1) sends them: one wish, however often it is told.
  await world.sh(`kill -INT ${pid}; kill -INT ${pid}`);
  await told(NOTE);
  await world.sh(`kill -QUIT ${pid}; kill -TERM ${pid}`);
  await told(NOTE + NOTE);
  t.is(await state(world), 'RUNNING');
  await world.sh(`kill -TERM ${pid}`);
  t.deepEqual(await ended, [137, null]);
  t.is(said, NOTE + NOTE);
  t.is(await state(world), 'STOPPED');
});

rooted('with -q nothing is said, and nothing but init ends it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const deaf =
    'for n in 1 2 3; do kill -TERM $p; sleep 1.5; done; tlxc-info -n u1 -sH; tlxc-stop -k -n u1; wait $p';
  t.is(
    await world.sh(whileIn('tlxc-start -n u1 -qF -- sleep 1000', `${SETTLED}; ${deaf}`)),
    'RUNNING\nstatus 137\n',
  );
  t.is(await world.sh('cat err'), '');
});

rooted('init that heeds a signal ends with what it makes of it', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const heeds = `sh -c 'trap "exit 7" TERM; touch /tmp/heeds; while :; do sleep 0.1; done'`;
  const asked = `${SETTLED}; until tlxc-attach -n u1 -- test -e /tmp/heeds; do :; done; kill -TERM $p; wait $p`;
  t.is(await world.sh(whileIn(`tlxc-start -n u1 -F -- ${heeds}`, asked)), 'status 7\n');
  t.is(await world.sh('cat err'), '');
});

rooted('a terminal that is closed has the container shut down in order', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  await world.sh(`echo '::shutdown:/bin/touch /var/in-order' >> ${world.lxcpath}/u1/rootfs/etc/inittab`);
  const begun = `${SETTLED}; tlxc-attach -n u1 -- true; kill -KILL $p; wait $p`;
  await world.sh(whileIn('script -qc "tlxc-start -n u1 -F" /dev/null', begun));
  await stopped(world);
  t.true(existsSync(`${world.lxcpath}/u1/rootfs/var/in-order`));
});
