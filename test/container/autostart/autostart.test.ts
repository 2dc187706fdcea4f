import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import {
  afterProblems,
  autostartOrder,
  needing,
  phasesOf,
  type AutostartSelection,
  type Candidate,
} from '../../../src/container/autostart/order.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const beside = requires('root', 'busybox', 'lxc');

type Wishes = Partial<Candidate['start']> & { readonly groups?: readonly string[]; readonly needs?: string };

const at = (name: string, line: number) => ({ file: `/${name}/config`, line, key: 'tlxc.start.after' });

/** Containers by their names. */
const storeOf = (wishes: Readonly<Record<string, Wishes>>): Candidate[] =>
  Object.entries(wishes).map(([name, { groups = [], needs = '', auto = true, order = 0, delay = 0 }]) => {
    const after = needs.split(' ').filter(Boolean);
    const start = {
      auto,
      order,
      delay,
      after: after.map((value, line) => ({ value, at: at(name, line + 1) })),
      hasHealth: false,
    };
    return { name, start, groups };
  });

const store = storeOf({
  n1: {},
  n0: { order: 5 },
  n2: { auto: false },
  g1: { order: -1, groups: ['onboot', 'web'] },
  g2: { order: 3, groups: ['web'] },
  g3: { auto: false, groups: ['web'] },
});

/** Names, a bar between phases. */
const phases = (selection: Partial<AutostartSelection>, containers: readonly Candidate[] = store) => {
  const all = { action: 'start', groups: [''], all: false, ignoreAuto: false, ...selection } as const;
  const names = phasesOf(autostartOrder(containers, all), all.action).map((phase) =>
    phase.map(({ name }) => name).join(' '),
  );
  return names.join(' | ');
};

const order = (selection: Partial<AutostartSelection>, containers?: readonly Candidate[]) =>
  phases(selection, containers).replaceAll(' |', '');

test('by order, then by name; only those of no group unless asked', (t) => {
  t.is(order({}), 'n1 n0');
  t.is(order({ ignoreAuto: true }), 'n1 n2 n0');
  t.is(order({ all: true }), 'g1 n1 g2 n0');
  t.is(order({ all: true, ignoreAuto: true }), 'g1 g3 n1 n2 g2 n0');
});

test('the groups in the order asked for, each container once', (t) => {
  t.is(order({ groups: ['web', 'onboot'] }), 'g1 g2');
  t.is(order({ groups: ['onboot', ''] }), 'g1 n1 n0');
  t.is(order({ groups: ['', 'onboot'] }), 'n1 n0 g1');
  t.is(order({ groups: ['webfarm'] }), '');
});

test('what starts first stops last', (t) => {
  t.is(order({ action: 'shutdown', all: true }), 'n0 g2 n1 g1');
  t.is(order({ action: 'kill', groups: ['web', ''] }), 'g2 g1 n0 n1');
  t.is(order({ action: 'reboot', all: true }), 'g1 n1 g2 n0');
});

test('what may be started together: one order, one group, nothing after a delay', (t) => {
  const containers = storeOf({
    a: {},
    b: { delay: 2 },
    c: {},
    d: { order: 1 },
    e: { order: 1, groups: ['web'] },
    f: { order: 1, groups: ['web'] },
  });
  t.is(phases({ all: true }, containers), 'a b | c | d e f');
  t.is(phases({ groups: ['web', ''] }, containers), 'e f | a b | c | d');
  t.is(phases({ all: true, action: 'shutdown' }, containers), 'f e d | c b a');
  t.is(phases({ all: true, action: 'reboot' }, containers), 'a b | c | d e f');
});

test('what a container needs is started before it and stopped after it', (t) => {
  const containers = storeOf({
    app: { needs: 'db cache' },
    cache: { order: 5 },
    db: { auto: false, groups: ['data'], needs: 'disk' },
    disk: { auto: false, order: 7 },
    web: { needs: 'app', order: -3 },
  });
  t.is(order({}, containers), 'disk db cache app web');
  t.is(order({ groups: ['data'], ignoreAuto: true }, containers), 'disk db');
  t.is(order({ action: 'shutdown', all: true, ignoreAuto: true }, containers), 'web app db disk cache');
  t.is(
    order({ action: 'shutdown' }, containers),
    'web app cache',
    'nothing is stopped that was not asked for',
  );
  t.is(
    order({ action: 'kill', groups: ['data', ''], ignoreAuto: true }, containers),
    'web app db disk cache',
  );
});

test('who needs a container, also by way of others', (t) => {
  const containers = storeOf({
    a: {},
    b: { needs: 'a' },
    c: { needs: 'b' },
    d: { needs: 'x' },
    x: { needs: 'd' },
  });
  const of = (name: string) => {
    const one = containers.find((each) => each.name === name);
    return one ? [...needing(one, containers)].join(' ') : '';
  };
  t.is(of('a'), 'b c');
  t.is(of('c'), '');
  t.is(of('d'), 'x d', 'a circle ends');
});

test('names that nobody has, and circles, are told with their lines', (t) => {
  const containers = storeOf({
    ...{ a: { needs: 'd b' }, b: { needs: 'c' }, c: { needs: 'a' } },
    ...{ d: { needs: 'a2 databse' }, e: { needs: 'a' }, self: { needs: 'self' }, database: {} },
  });
  const byName = new Map(containers.map((each) => [each.name, each]));
  const names = [...byName.keys(), 'a2'];
  const told = (name: string) => {
    const one = byName.get(name);
    return one ? afterProblems(one, byName, names).map(String) : [];
  };
  t.deepEqual(told('a'), [
    '/a/config:2: tlxc.start.after = b: they wait for each other: a after b after c after a',
  ]);
  t.deepEqual(told('c'), [
    '/c/config:1: tlxc.start.after = a: they wait for each other: c after a after b after c',
  ]);
  t.deepEqual(told('d'), [
    '/d/config:2: tlxc.start.after = databse: there is no such container (did you mean database?)',
  ]);
  t.deepEqual(told('e'), [], 'it is in no circle itself');
  t.deepEqual(told('self'), ['/self/config:1: tlxc.start.after = self: no container can wait for itself']);
});

async function filled(t: ExecutionContext, privileged = false) {
  const world = await makeWorld(t);
  const add = (name: string, ...config: string[]) =>
    addBusybox(world, name, { privileged, config: config.map((line) => `lxc.${line}`) });
  add('n1', 'start.auto = 1', 'start.delay = 1');
  add('n2');
  add('g1', 'start.auto = 1', 'group = onboot web', 'start.order = 4');
  add('g2', 'start.auto = 1', 'group = web', 'start.order = 3');
  return { world, add, names: (words: string) => world.sh(`tlxc-ls -1 ${words}`) };
}

rooted('a boot starts the groups one after the other, a shutdown stops what runs', async (t) => {
  const { world, names } = await filled(t);
  const begin = Date.now();
  t.is(await world.sh('tlxc-autostart -g onboot,'), '');
  t.true(Date.now() - begin >= 1000, 'the delay after n1');
  t.is(await names('--running'), 'g1\nn1\n');
  t.is(await world.sh('tlxc-autostart -L -a'), 'g2 0\n');
  t.is(await world.sh('tlxc-autostart -L -r -a'), 'n1 1\ng1 0\n');
  const before = await world.sh('tlxc-info -n g1 -pH');
  await world.sh('tlxc-autostart -r -g web');
  t.not(await world.sh('tlxc-info -n g1 -pH'), before);
  await world.sh('tlxc-autostart -s -a');
  t.is(await names('--running'), '');
  await world.sh('tlxc-autostart -aA; tlxc-autostart -k -aA');
  t.is(await names('--running'), '');
});

rooted('what fails is told and keeps no other: 2, or 1 where all failed', async (t) => {
  const { world, add, names } = await filled(t);
  add('b1', 'start.auto = 1', 'start.order = -1', 'hook.pre-start = /bin/false');
  add('b2', 'start.auto = yes');
  const { code, stderr } = await world.run('tlxc-autostart');
  t.is(code, 2);
  t.regex(stderr, /^tlxc-autostart: b2: its configuration has a problem/);
  t.regex(stderr, /^tlxc-autostart: b1: the pre-start hook failed/m);
  t.is(await names('--running'), 'n1\n');
  await world.sh('tlxc-autostart -s; rm -r lxc/n* lxc/g*');
  t.is((await world.run('tlxc-autostart')).code, 1);
});

beside('-L lists what lxc-autostart lists', async (t) => {
  const { world } = await filled(t, true);
  const same = async (words: string) => {
    const [ours, theirs] = ['tlxc', 'lxc'].map((tool) =>
      world.sh(`${tool}-autostart -P ${world.lxcpath} -L ${words}`),
    );
    t.is(await ours, (await theirs) ?? '', words);
  };
  for (const words of [
    '',
    '-a',
    '-A',
    '-a -A',
    '-g web',
    '-g onboot,',
    '-g onboot -g web',
    '-A -g web',
    '-s',
    '-g ""',
  ])
    await same(words);
});

beside('a store that -P names must be there, the usual one need not, as with LXC', async (t) => {
  const world = await makeWorld(t);
  t.is((await world.run('lxc-autostart', '-P', `${world.dir}/nowhere`)).code, 1);
  const { code, stderr } = await world.run('tlxc-autostart', '-P', `${world.dir}/nowhere`);
  t.is(code, 1);
  t.regex(stderr, /^tlxc-autostart: there is no \S+\/nowhere to take containers from\n {2}hint: -P names /);
  await world.sh(`sed 's|^lxc.lxcpath.*|&/nowhere|' tlxc.conf >fresh.conf`);
  t.is((await world.run('env', 'TLXC_CONF=fresh.conf', 'tlxc-autostart')).code, 0);
});

rooted('a container waits for what it needs, and is not started without', async (t) => {
  const world = await makeWorld(t);
  const at = (name: string) => `echo ${name} >> ${world.dir}/order`;
  const add = (name: string, hook: string, ...config: string[]) => {
    writeFileSync(join(world.dir, name), `#!/bin/sh\n${hook}\n`, { mode: 0o755 });
    const lines = [`lxc.hook.start-host = ${world.dir}/${name}`, ...config];
    addBusybox(world, name, { config: lines });
  };
  add('app', at('app'), 'lxc.start.auto = 1', 'tlxc.start.after = db');
  add('db', `sleep 0.5; ${at('db')}`, 'lxc.start.order = 9', 'tlxc.start.ready = running');
  add('bad', 'exit 1', 'lxc.start.auto = 1');
  add('on-bad', at('on-bad'), 'lxc.start.auto = 1', 'tlxc.start.after = bad');
  add('on-that', at('on-that'), 'lxc.start.auto = 1', 'tlxc.start.after = on-bad');
  add('lost', at('lost'), 'lxc.start.auto = 1', 'tlxc.start.after = dbb');
  const { code, stderr } = await world.run('tlxc-autostart');
  t.is(code, 2);
  t.is(await world.sh('cat order'), 'db\napp\n');
  t.regex(
    stderr,
    /^tlxc-autostart: lost: its configuration has a problem\n {2}\S+lost\/config:\d+:\d+: .*no such container/m,
  );
  t.regex(
    stderr,
    /^tlxc-autostart: on-bad: not started: it comes after bad, which is not ready\n {2}at \S+on-bad\/config:\d+/m,
  );
  t.regex(stderr, /^tlxc-autostart: 2 of 6 containers started, 4 were not:\n(?: {2}\S+: .+\n){4}$/m);
  t.regex(
    stderr,
    /^tlxc-autostart: on-that: .*on-bad, which is not ready, because of bad\n.*\n {2}hint: mend bad/m,
  );
  await world.sh('tlxc-stop -k app');
  const { stdout } = await world.run('tlxc-autostart', '--json');
  const told = JSON.parse(stdout) as {
    containers: { name: string; outcome: string; error?: { code: string } }[];
  };
  const outcomes = told.containers.map(
    ({ name, outcome, error }) => `${name} ${outcome} ${error?.code ?? ''}`,
  );
  t.deepEqual(outcomes.sort(), [
    ...['app started ', 'bad failed TLXC_E_HOOK', 'lost failed TLXC_E_CONFIG'],
    ...['on-bad failed TLXC_E_NOT_RUNNING', 'on-that failed TLXC_E_NOT_RUNNING'],
  ]);
});

rooted('what comes after one that is asked how it is comes once that is well', async (t) => {
  const world = await makeWorld(t);
  const asked = `echo asked >> ${world.dir}/order`;
  addBusybox(world, 'db', { config: ['tlxc.health.command = test -e /well', 'tlxc.health.interval = 1'] });
  writeFileSync(join(world.dir, 'app'), `#!/bin/sh\n${asked}\n`, { mode: 0o755 });
  const after = ['lxc.start.auto = 1', 'tlxc.start.after = db', `lxc.hook.start-host = ${world.dir}/app`];
  addBusybox(world, 'app', { config: after });
  await world.sh(`tlxc-autostart > told 2>&1 & echo $! > pid; tlxc-wait -n db -s RUNNING -t 60
    for i in $(seq 300); do tlxc-info db --json | grep -q '"exitCode": *1' && break; sleep 0.1; done
    test ! -e order && tlxc-attach -n db -- touch /well && tlxc-wait -n app -s RUNNING -t 60 && test -e order`);
  t.is(
    (JSON.parse(await world.sh('tlxc-info db --json')) as { health: { status: string } }).health.status,
    'healthy',
  );
});

rooted('with --wait a container starts when those before it are ready', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'db', { config: ['lxc.start.auto = 1', 'lxc.hook.start-host = /bin/true'] });
  const hook = `lxc.hook.pre-start = ${world.dir}/look`;
  addBusybox(world, 'app', { config: ['lxc.start.auto = 1', 'tlxc.start.after = db', hook] });
  const seen = join(world.lxcpath, 'db/rootfs/run/up');
  writeFileSync(join(world.dir, 'look'), `#!/bin/sh\ntest -e ${seen}\n`, { mode: 0o755 });
  const inittab = '::sysinit:/bin/sh -c "sleep 1; : > /run/up"\n::shutdown:/bin/true\n';
  writeFileSync(join(world.lxcpath, 'db/rootfs/etc/inittab'), inittab);
  const { code, stderr } = await world.run(
    'tlxc-autostart',
    '--wait=exec:test -e /run/up || test $(hostname) = app',
  );
  t.is(code, 0, stderr);
  const late = await world.run('tlxc-autostart', '-A', '-a', '--wait=port:1', '--wait-timeout=0');
  t.is(late.code, 0, 'those that run are not concerned');
});

rooted('who comes after a container starts once that is ready, or nobody can tell', async (t) => {
  const world = await makeWorld(t);
  const auto = 'lxc.start.auto = 1';
  addBusybox(world, 'silent', { config: [auto] });
  addBusybox(world, 'after-silent', { config: [auto, 'tlxc.start.after = silent'] });
  addBusybox(world, 'deaf', { config: [auto, 'tlxc.start.ready = running,port:1'] });
  addBusybox(world, 'after-deaf', { config: [auto, 'tlxc.start.after = deaf'] });
  const { code, stderr } = await world.run('tlxc-autostart', '--wait-timeout=2');
  t.is(code, 2);
  t.is(await world.sh('tlxc-ls -1 --running'), 'after-silent\ndeaf\nsilent\n');
  t.regex(
    stderr,
    /^tlxc-autostart: silent: warning: waited 2 s in vain for ready: .*those that come after it are started/m,
  );
  t.regex(stderr, /^tlxc-autostart: after-deaf: not started: it comes after deaf, which is not ready\n/m);
});

rooted('one that is waited for holds up nobody else', async (t) => {
  const world = await makeWorld(t);
  const slow = Array.from({ length: 9 }, (_, index) => `a${index}`);
  for (const name of slow)
    addBusybox(world, name, { config: ['lxc.start.auto = 1', 'tlxc.start.ready = port:1'] });
  const after = `tlxc.start.after = ${slow.join(' ')}`;
  addBusybox(world, 'waits', { config: ['lxc.start.auto = 1', after] });
  addBusybox(world, 'z', { config: ['lxc.start.auto = 1'] });
  const starting = world.run('tlxc-autostart', '--wait-timeout=110');
  await world.sh('tlxc-wait -n z -s RUNNING -t 60');
  t.is(await world.sh('tlxc-info -n waits -sH'), 'STOPPED\n');
  await world.sh('for c in $(tlxc-ls --running); do tlxc-stop -k $c; done');
  await starting;
});

rooted('whoever is quicker keeps nobody: what runs is started, what has stopped is stopped', async (t) => {
  const world = await makeWorld(t);
  const hook = (name: string, line: string) => {
    writeFileSync(join(world.dir, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    return join(world.dir, name);
  };
  const first = `lxc.hook.start-host = ${hook('quick', 'tlxc-start -n db')}`;
  addBusybox(world, 'a', { config: ['lxc.start.auto = 1', first] });
  addBusybox(world, 'app', {
    config: ['lxc.start.auto = 1', 'lxc.start.order = 2', 'tlxc.start.after = db'],
  });
  addBusybox(world, 'db', { config: ['lxc.start.order = 1', 'tlxc.start.ready = running'] });
  t.like(await world.run('tlxc-autostart'), { code: 0, stderr: '' });
  t.is(await world.sh('tlxc-ls -1 --running'), 'a\napp\ndb\n');
  await world.sh(
    `echo lxc.hook.stop = ${hook('end', 'tlxc-stop -k -n db')} >> lxc/app/config; tlxc-stop -k app; tlxc-start app`,
  );
  t.like(await world.run('tlxc-autostart', '-k', '-A'), { code: 0, stderr: '' });
});

rooted('a mistake is told of a container that is to be started, and by -L of every one', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'a', { config: ['lxc.start.auto = 1'] });
  addBusybox(world, 'auto', { config: ['lxc.start.auto = 1', 'lxc.tty.max = many'] });
  addBusybox(world, 'other', { config: ['lxc.tty.max = many'] });
  const listed = await world.run('tlxc-autostart', '-L');
  t.is(listed.stdout, 'a 0\n');
  for (const name of ['auto', 'other'])
    t.regex(listed.stderr, new RegExp(`${name}/config.*lxc.tty.max: it must be`));
  const { code, stderr } = await world.run('tlxc-autostart');
  t.is(code, 2);
  t.regex(stderr, /auto\/config:\d+:\d+: lxc.tty.max: it must be/);
  t.notRegex(stderr, /other/);
  await world.sh('echo lxc.strat.auto = 1 >> lxc/other/config');
  t.regex((await world.run('tlxc-autostart')).stderr, /lxc.strat.auto is not a known key/);
});

rooted('a mistake in its configuration keeps no container from being stopped', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['a', 'b']) addBusybox(world, name, { config: ['lxc.start.auto = 1'] });
  await world.sh(
    'tlxc-autostart; echo lxc.tty.max = many >> lxc/a/config; echo lxc.include = nowhere >> lxc/b/config',
  );
  const { code, stderr } = await world.run('tlxc-autostart', '-s', '-a', '-A');
  t.is(code, 0);
  t.regex(stderr, /^tlxc-autostart: a: warning: \S+a\/config:\d+: lxc.tty.max = many: it must be/m);
  t.regex(stderr, /^tlxc-autostart: b: warning: /m);
  t.is(await world.sh('tlxc-ls -1 --running'), '');
});
