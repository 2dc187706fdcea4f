/** tlxc-config explain: what is in force, where it was written, and what the running container shows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import config from '../../../src/cli/config.ts';
import { runCommand } from '../../cli/run-command.ts';
import { scratch } from '../../config/scratch.ts';
import { addBusybox } from '../../rig/containers.ts';
import { requires } from '../../rig/requires.ts';
import { makeWorld } from '../../rig/world.ts';

const run = (store: string, ...argv: string[]) =>
  runCommand(config, ['-P', store, 'explain', ...argv], {
    program: 'tlxc-config',
    env: { TLXC_CONF: join(store, 'tlxc.conf') },
  });

const stopped = {
  'tlxc.conf': '',
  'c1/config':
    'lxc.include = ../more\nlxc.uts.name = a\nlxc.uts.name = b\nlxc.net.3.type = veth\nlxc.cgroup2.memory.max = 1G\n',
  more: '\nlxc.group = x y\n',
};

test('of a stopped container: each value in force, with the file and line that wrote it, or default', async (t) => {
  const store = scratch(t, stopped);
  const { exit, stdout, stderr } = await run(store, '-n', 'c1');
  t.deepEqual([exit, stderr], [0, '']);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  t.deepEqual(rows[0], ['KEY', 'VALUE', 'FROM']);
  t.deepEqual(
    rows.filter(([key]) => key === 'lxc.uts.name'),
    [['lxc.uts.name', 'b', `${store}/c1/config:3`]],
  );
  t.deepEqual(
    rows.filter(([key]) => key === 'lxc.group').map(([, ...rest]) => rest),
    [
      ['x', `${store}/more:2`],
      ['y', `${store}/more:2`],
    ],
  );
  t.deepEqual(
    rows.find(([key]) => key === 'lxc.cgroup2.memory.max'),
    ['lxc.cgroup2.memory.max', '1G', `${store}/c1/config:5`],
  );
  t.deepEqual(
    rows.find(([key]) => key === 'lxc.autodev'),
    ['lxc.autodev', '1', 'default'],
  );
  const starts = stdout
    .split('\n')
    .slice(0, 3)
    .map((line) => /^\S+ +/.exec(line)?.[0].length);
  t.is(new Set(starts).size, 1, 'the columns are aligned');
});

test('of one key, or of all below a name; a name that is none is refused', async (t) => {
  const store = scratch(t, stopped);
  const keys = async (...argv: string[]): Promise<string[]> => {
    const { stdout } = await run(store, '--json', ...argv);
    return (JSON.parse(stdout) as { values: { key: string }[] }).values.map(({ key }) => key);
  };
  t.deepEqual(await keys('c1', 'lxc.uts.name'), ['lxc.uts.name']);
  t.deepEqual(await keys('-n', 'c1', 'lxc.net'), ['lxc.net.3.type']);
  t.deepEqual(await keys('-n', 'c1', 'lxc.cgroup2'), ['lxc.cgroup2.memory.max']);
  t.deepEqual(await keys('-n', 'c1', 'lxc.tty.dir'), []);
  const unknown = await run(store, '-n', 'c1', 'lxc.bogus');
  t.is(unknown.exit, 1);
  t.regex(unknown.stderr, /lxc\.bogus is not a known key\n +hint: .*tlxc\.container\.conf/);
  t.regex((await run(store, '-n', 'c1', 'lxc.uts.nme')).stderr, /did you mean lxc\.uts\.name\?/);
  t.regex((await run(store, '-n', 'c2')).stderr, /c2 doesn't exist/);
});

test('of a broken one: its problems, as JSON too', async (t) => {
  const store = scratch(t, { 'tlxc.conf': '', 'c1/config': 'lxc.tty.max = x\n' });
  const { exit, stdout, stderr } = await run(store, '-n', 'c1', '--json');
  t.is(exit, 1);
  t.like(JSON.parse(stderr), { code: 'TLXC_E_CONFIG', object: 'c1', line: 1, key: 'lxc.tty.max' });
  t.like((JSON.parse(stdout) as { problems: unknown[] }).problems[0], {
    line: 1,
    column: 15,
    key: 'lxc.tty.max',
    value: 'x',
  });
});

requires(
  'root',
  'userns',
  'idmap',
  'busybox',
)('of a running one: what it shows now, beside what is written', async (t) => {
  const world = await makeWorld(t);
  addBusybox(world, 'c1', {
    config: [
      'lxc.environment = A=b',
      'lxc.cap.drop = mknod',
      'lxc.cgroup2.pids.max = 100',
      'lxc.net.0.type = veth',
      'lxc.net.0.name = lan0',
      'lxc.net.0.mtu = 1400',
      'lxc.net.0.ipv4.address = 10.9.8.7/24',
      'lxc.net.0.flags = up',
      'tlxc.net.0.forward = 8080 -> 80',
      'tlxc.health.command = true',
      'tlxc.health.interval = 40',
    ],
  });
  await world.sh('tlxc-start -n c1');
  const later = `lxc.uts.name = later\ntlxc.health.interval = 5\n`;
  writeFileSync(join(world.lxcpath, 'c1/config'), later, { flag: 'a' });
  const { state, values } = JSON.parse(await world.sh('tlxc-config explain -n c1 --json')) as {
    state: string;
    values: { key: string; value: string; live?: string }[];
  };
  t.is(state, 'RUNNING');
  const shown = Object.fromEntries(values.map(({ key, value, live }) => [key, [value, live]]));
  t.deepEqual(shown['tlxc.health.interval'], ['5', '40'], 'it is asked as it was started');
  t.deepEqual(shown['tlxc.health.command'], ['true', 'true']);
  t.deepEqual(shown['tlxc.health.retries'], ['3', '3']);
  t.deepEqual(shown['lxc.uts.name'], ['later', 'c1'], 'what is written came after the start');
  t.deepEqual(shown['lxc.environment'], ['A=b', 'A=b']);
  t.deepEqual(shown['lxc.cap.drop'], ['mknod', 'not held']);
  t.regex(shown['lxc.cgroup2.pids.max']?.[1] ?? '', /100/);
  t.deepEqual(shown['lxc.net.0.name'], ['lan0', 'lan0']);
  t.deepEqual(shown['lxc.net.0.mtu'], ['1400', '1400']);
  t.deepEqual(shown['lxc.net.0.ipv4.address'], ['10.9.8.7/24', '10.9.8.7/24']);
  t.deepEqual(shown['tlxc.net.0.forward'], ['tcp 8080 -> 80', 'tcp 8080 -> 80']);
  t.deepEqual(shown['lxc.idmap'], ['g 0 1000000 65536', 'g 0 1000000 65536']);
  t.deepEqual(shown['lxc.init.uid'], ['0', '0']);
  t.regex(
    await world.sh('tlxc-config explain -n c1 lxc.uts.name'),
    /^KEY +VALUE +LIVE +FROM\nlxc\.uts\.name +later +c1 +.*config:\d+\n?$/,
  );
});
