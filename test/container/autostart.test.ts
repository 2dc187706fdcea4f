import type { ExecutionContext } from 'ava';
import test from 'ava';
import { autostartOrder, type AutostartSelection } from '../../src/container/autostart.ts';
import { addBusybox } from '../rig/containers.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const beside = requires('root', 'busybox', 'lxc');

/** name, auto, order, groups */
const store = (
  [
    ['n1', true, 0],
    ['n0', true, 5],
    ['n2', false, 0],
    ['g1', true, -1, 'onboot', 'web'],
    ['g2', true, 3, 'web'],
    ['g3', false, 0, 'web'],
  ] as const
).map(([name, auto, order, ...groups]) => ({ name, start: { auto, order, delay: 0 }, groups }));

const order = (selection: Partial<AutostartSelection>) =>
  autostartOrder(store, { action: 'start', groups: [''], all: false, ignoreAuto: false, ...selection })
    .map(({ name }) => name)
    .join(' ');

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
