/** tlxc-ls and tlxc-info on containers that run, held against Debian's lxc where it is there. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { addBusybox } from '../rig/containers.ts';
import { leastBelow, leastOf } from '../rig/least.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const beside = requires('root', 'userns', 'idmap', 'busybox', 'lxc');
const bridged = requires('root', 'userns', 'idmap', 'busybox', 'veth', 'bridge');

/** u1 runs, b1 is stopped, an autostarter, member of two groups, and privileged. */
async function two(t: ExecutionContext) {
  const world = await makeWorld(t);
  addBusybox(world, 'u1');
  addBusybox(world, 'b1', {
    privileged: true,
    config: ['lxc.start.auto = 1', 'lxc.group = web db', 'lxc.group = onboot'],
  });
  await world.sh('tlxc-start u1 -- /bin/sleep 1000');
  return world;
}

rooted('the table shows both, the filters choose', async (t) => {
  const world = await two(t);
  t.is(
    await world.sh('tlxc-ls -f'),
    'NAME STATE   AUTOSTART GROUPS          IPV4 IPV6 UNPRIVILEGED \n' +
      'b1   STOPPED 1         web, db, onboot -    -    false        \n' +
      'u1   RUNNING 0         -               -    -    true         \n',
  );
  t.regex(await world.sh('tlxc-ls -F name,pid,ram,swap,interface'), /^u1 +\d+ +\d+\.\d\dMB 0\.00MB lo +$/m);
  for (const [words, names] of [
    ['--running', 'u1\n'],
    ['--active', 'u1\n'],
    ['--stopped', 'b1\n'],
    ['--frozen', ''],
    ['--running --stopped', ''],
    ['-g web,onboot', 'b1\n'],
    ['-g web,other', ''],
    ['--filter ^u', 'u1\n'],
    ["'[[:digit:]]$'", 'b1\nu1\n'],
    ['-P /nonexistent', ''],
  ])
    t.is(await world.sh(`tlxc-ls -1 ${words}`), names ?? '', words);
});

rooted('programs get JSON: bytes, not units', async (t) => {
  const world = await two(t);
  const [b1, u1] = JSON.parse(await world.sh('tlxc-ls --json')) as Record<string, unknown>[];
  t.like(b1, { name: 'b1', state: 'STOPPED', pid: null, autostart: true, groups: ['web', 'db', 'onboot'] });
  t.like(u1, { name: 'u1', state: 'RUNNING', unprivileged: true });
  t.true(Number(u1?.['ram']) > 4096);
  const info = JSON.parse(await world.sh('tlxc-info u1 --json')) as {
    pid: number;
    usage: { cpuNanoseconds: number };
  };
  t.is(String(info.pid), (await world.sh('tlxc-info u1 -pH')).trim());
  t.true(info.usage.cpuNanoseconds > 0);
});

rooted('one broken configuration is marked and explained; the others are listed', async (t) => {
  const world = await two(t);
  for (const [name, config] of [
    ['bad', 'lxc.foo = 1\n'],
    ['loop', `lxc.include = ${world.lxcpath}/loop/config\n`],
  ] as const) {
    mkdirSync(join(world.lxcpath, name));
    writeFileSync(join(world.lxcpath, name, 'config'), config);
  }
  await world.sh(`mkdir ${world.lxcpath}/pipe && mkfifo ${world.lxcpath}/pipe/config`);
  const { code, stdout, stderr } = await world.run('tlxc-ls', '-F', 'NAME,STATE');
  t.is(code, 0);
  t.is(stdout, 'NAME STATE   \nb1   STOPPED \nbad  BROKEN  \nloop BROKEN  \npipe BROKEN  \nu1   RUNNING \n');
  t.regex(stderr, /^tlxc-ls: bad: .*\n +\S*bad\/config:1:1: lxc\.foo is not a known key/m);
  t.regex(stderr, /^tlxc-ls: pipe: .*\n.*a FIFO/m);
  t.is((await world.run('tlxc-info', 'bad')).code, 1);
});

rooted('of one that runs only what is shown has to be good', async (t) => {
  const world = await two(t);
  const shown = async () => (await world.run('tlxc-ls', '-F', 'NAME,STATE,GROUPS,UNPRIVILEGED')).stdout;
  const config = join(world.lxcpath, 'u1', 'config');
  appendFileSync(config, 'lxc.group = later\nlxc.tty.max = many\n');
  t.regex(await shown(), /^u1 +RUNNING later +true *$/m);
  appendFileSync(config, 'lxc.gruop = mistyped\n');
  t.regex(await shown(), /^u1 +RUNNING - +- *$/m);
});

rooted('wedged monitors cost one ls 200 ms at a time, however many there are', async (t) => {
  const world = await makeWorld(t);
  const names = ['u1', 'u2', 'u3', 'u4'];
  for (const name of names) {
    addBusybox(world, name);
    await world.sh(`tlxc-start ${name} -p ${name}.pid -- /bin/sleep 1000`);
  }
  const time = async () => {
    const began = performance.now();
    await world.sh('tlxc-ls -f');
    return performance.now() - began;
  };
  await world.sh('kill -STOP $(cat u1.pid)');
  const one = await leastOf(5, time);
  await world.sh('kill -STOP $(cat u2.pid u3.pid)');
  const three = await leastBelow(one + 300, time);
  t.true(
    three < one + 300,
    `${three} ms, with one of them ${one} ms: one after the other they would take 400 ms more`,
  );
  t.is((await world.sh('tlxc-ls -f')).match(/UNRESPONSIVE/g)?.length, 3);
});

bridged('addresses, and what went over the link', async (t) => {
  const world = await makeWorld(t);
  await world.sh('ip link add br7 type bridge && ip addr add 10.77.0.1/24 dev br7 && ip link set br7 up');
  const net = [
    'type = veth',
    'link = br7',
    'flags = up',
    'ipv4.address = 10.77.0.2/24',
    'ipv6.address = fd77::2/64',
  ];
  addBusybox(world, 'u1', { config: net.map((line) => `lxc.net.0.${line}`) });
  await world.sh('tlxc-start u1 -- /bin/sleep 1000');
  await world.sh('busybox ping -c 1 -W 5 10.77.0.2');
  t.is(await world.sh('tlxc-info u1 -iH'), '10.77.0.2\nfd77::2\n');
  const info = await world.sh('tlxc-info u1');
  t.regex(info, /^IP: {13}10\.77\.0\.2\nIP: {13}fd77::2\nCPU use: /m);
  t.regex(info, /^Link: {11}veth\w+\n TX bytes: {6}\d+.*\n RX bytes: {6}\d+.*\n Total bytes: {3}\d+.*\n$/m);
  t.regex(await world.sh('tlxc-ls -F NAME,INTERFACE,IPV4,IPV6'), /^u1 +eth0, lo +10\.77\.0\.2 +fd77::2 +$/m);
  await world.sh('tlxc-stop -k u1 && ip link del br7');
});

beside("stopped containers look as Debian's lxc shows them, byte for byte", async (t) => {
  const world = await makeWorld(t);
  for (const name of ['a1', 'b-longer-name', 'c3']) addBusybox(world, name, { privileged: name === 'a1' });
  appendFileSync(
    join(world.lxcpath, 'c3', 'config'),
    'lxc.start.auto = 1\nlxc.group = web\nlxc.group = db\n',
  );
  for (const words of [
    ...['-f', '-1', '', '--stopped', '--running', '-g web', '-g web,db -f', '-f -F ram,swap,pid,name,state'],
    ...['--filter 3$', '^a', '--defined -1', '-f -F NAME'],
  ]) {
    const ours = await world.sh(`tlxc-ls -P ${world.lxcpath} ${words}`);
    t.is(ours, await world.sh(`lxc-ls -P ${world.lxcpath} ${words}`), words);
  }
  for (const words of [
    ...['', '-s', '-sH', '-p', '-pH', '-S', '-i', '-c lxc.group', '-c lxc.uts.name -H', '-c lxc.idmap'],
    ...['-c lxc.start.auto -c lxc.tty.max', '-c lxc.net', '-c lxc.bogus', '-c lxc.mount.auto'],
  ]) {
    const ours = await world.sh(`tlxc-info -n c3 ${words} 2>&1`);
    t.is(ours, await world.sh(`lxc-info -P ${world.lxcpath} -n c3 ${words} 2>&1`), words);
  }
});

beside('names on a terminal stand in columns, as lxc-ls puts them', async (t) => {
  const world = await makeWorld(t);
  for (const name of ['alpha', 'b1', 'longer-name-container']) addBusybox(world, name);
  for (const width of [20, 42, 43, 64, 65, 66, 200]) {
    const show = (ls: string) =>
      world.sh(`script -qec 'stty cols ${width}; ${ls} -P ${world.lxcpath}' /dev/null`);
    t.is(await show('tlxc-ls'), await show('lxc-ls'), `${width} columns`);
  }
});
