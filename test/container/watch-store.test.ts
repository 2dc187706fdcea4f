/** tlxc-monitor: the states of all containers of a store, in LXC's words and as JSON. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { Terminal } from '../rig/terminal.ts';
import { makeWorld, type World } from '../rig/world.ts';

const running = requires('root', 'userns', 'idmap', 'busybox').serial;

interface Watched {
  /** What it has printed so far. */
  readonly said: () => string;
  /** Once it has printed `text`; everything. */
  readonly until: (text: string) => Promise<string>;
  /** nsenter stops with what it runs, and must be continued for itself. */
  readonly resume: () => void;
  readonly end: () => Promise<unknown>;
}

/** To each tlxc-monitor of the world. */
const signal = (world: World, name: string): Promise<string> =>
  world.sh(`pkill -${name} -f 'bin/[t]lxc-monitor'`);

/** Starts tlxc-monitor and waits until it watches. */
async function watch(world: World, ...words: readonly string[]): Promise<Watched> {
  const sockets = (): number => {
    const stores = readdirSync(world.runDir).map((store) => join(world.runDir, store, '.watchers'));
    return stores.flatMap((each) => {
      try {
        return readdirSync(each).filter((name) => !name.startsWith('.'));
      } catch {
        return [];
      }
    }).length;
  };
  const before = sockets();
  const child = world.spawn('tlxc-monitor', ...words);
  let all = '';
  child.stdout.on('data', (data: Buffer) => (all += String(data)));
  await eventually(90, async () => Promise.resolve(sockets() > before ? true : undefined));
  const until = (text: string): Promise<string> =>
    eventually(90, async () => Promise.resolve(all.includes(text) ? all : undefined));
  return {
    said: () => all,
    until,
    resume: () => void child.kill('SIGCONT'),
    end: () => Promise.all([once(child, 'exit'), signal(world, 'TERM')]),
  };
}

const changes = (name: string, ...states: readonly string[]): string =>
  states.map((state) => `'${name}' changed state to [${state}]\n`).join('');

running('each change of each container is told, from the first start on', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'a');
  addBusybox(world, 'b');
  const [every, some] = [await watch(world), await watch(world, '-n', 'A|b.*|x')];
  await world.sh('tlxc-start -n a; tlxc-freeze -n a; tlxc-unfreeze -n a; tlxc-stop -n a');
  await world.sh("tlxc-start -n b -- /bin/sh -c 'exit 7'");
  const told = await every.until("'b' changed state to [STOPPED]");
  t.is(
    told,
    changes('a', 'STARTING', 'RUNNING', 'FREEZING', 'FROZEN', 'THAWED', 'RUNNING') +
      "'a' exited with status [0]\n" +
      changes('a', 'STOPPING', 'STOPPED') +
      changes('b', 'STARTING', 'RUNNING') +
      "'b' exited with status [7]\n" +
      changes('b', 'STOPPING', 'STOPPED'),
  );
  t.is(await some.until("'b' changed state to [STOPPED]"), told.slice(told.indexOf("'b'")));
  await every.end();
});

running('as JSON: how it ended, what was a reboot, a start that failed', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'a');
  const watched = await watch(world, '--json', '-P', '/nowhere', '-P', world.lxcpath);
  await world.sh('tlxc-start -n a; tlxc-attach -n a -- reboot');
  await watched.until('"reboot":true');
  await eventually(90, async () =>
    watched.said().split('"RUNNING"').length > 2 ? Promise.resolve(true) : undefined,
  );
  await world.sh('tlxc-stop -k -n a');
  await world.run('tlxc-start', '-n', 'a', '-s', 'lxc.hook.pre-start = /bin/false');
  const lines = (await watched.until('ABORTING')).split('\n').filter(Boolean);
  const facts = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const common = { lxcpath: world.lxcpath, name: 'a' };
  const expected = [
    ...[{ state: 'STARTING' }, { state: 'RUNNING' }],
    { state: 'STOPPING', exitCode: null, signal: 1, reboot: true },
    { state: 'STOPPED', exitCode: null, signal: 1, reboot: true },
    ...[{ state: 'STARTING' }, { state: 'RUNNING' }],
    ...[
      { state: 'STOPPING', exitCode: null, signal: 9 },
      { state: 'STOPPED', exitCode: null, signal: 9 },
    ],
    ...[{ state: 'STARTING' }, { state: 'ABORTING' }],
  ];
  t.deepEqual(
    facts.slice(0, expected.length).map(({ time: _time, ...fact }) => fact),
    expected.map((each) => ({ ...common, ...each })),
  );
  t.true(facts.every(({ time }) => typeof time === 'string' && !Number.isNaN(Date.parse(time))));
  await watched.end();
});

running('a watcher that does not read holds nobody up', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'a');
  const { resume, end } = await watch(world);
  await signal(world, 'STOP');
  // Who waited for it would wait for ever.
  const { code } = await world.run('timeout', '100', 'sh', '-c', 'tlxc-start -n a && tlxc-stop -k -n a');
  await signal(world, 'CONT');
  resume();
  await end();
  t.is(code, 0);
});

running('-Q has nothing to quit; what is no expression is refused', async (t) => {
  const world = await makeWorld(t);
  t.like(await world.run('tlxc-monitor', '-Q'), { code: 0, stdout: '' });
  t.regex(
    (await world.run('tlxc-monitor', '-n', '[')).stderr,
    /^tlxc-monitor: \[: '\[' is not a regular expression: .+\n {2}hint: /,
  );
});

requires('root', 'terminal')('a person who waits for what is not there is told', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  const size = { rows: 24, columns: 100 };
  const lost = new Terminal(world, 'tlxc-monitor u2', size);
  await lost.shows(/^tlxc-monitor: there is no container 'u2' yet: it is told of once there is$/m);
  lost.press('\u0003');
  t.notRegex(await lost.end(), /terminal spoiled/);
});
