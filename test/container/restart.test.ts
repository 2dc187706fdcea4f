import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { askMonitor } from '../../src/monitor/client.ts';
import { addBusybox } from '../rig/containers.ts';
import { eventually } from '../rig/eventually.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld, type World } from '../rig/world.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox').serial;

interface Info {
  readonly state: string;
  readonly pid: number | null;
  readonly restart: { count: number; max: number; inMs: number } | null;
  readonly lastExit: Record<string, unknown> | null;
}

const infoOf = async (world: World, name = 'c1'): Promise<Info> =>
  JSON.parse(await world.sh(`tlxc-info -n ${name} --json`)) as Info;

/** Until the container is as the test wants it. */
const once = (world: World, wanted: (info: Info) => boolean): Promise<Info> =>
  eventually(30, async () => {
    const info = await infoOf(world);
    return wanted(info) ? info : undefined;
  });

/** Its init notes each start in /starts and ends as /how says when /go is there. */
async function started(t: ExecutionContext, config: readonly string[]): Promise<World> {
  const world = await makeWorld(t);
  const init = '/bin/sh -c "echo x >> /starts; while [ ! -e /go ]; do sleep 0.05; done; . /how"';
  addBusybox(world, 'c1', { config: [`lxc.init.cmd = ${init}`, ...config] });
  await world.sh('tlxc-start c1');
  return world;
}

const inside = (world: World, name: string) => join(world.lxcpath, 'c1/rootfs', name);

/** Lets init end so. */
async function end(world: World, how: string): Promise<void> {
  writeFileSync(inside(world, 'how'), `rm /go; ${how}\n`);
  writeFileSync(inside(world, 'go'), '');
  await eventually(30, () => Promise.resolve(existsSync(inside(world, 'go')) ? undefined : true));
}

const runs = (info: Info) => info.state === 'RUNNING';
const stays = (info: Info) => info.state === 'STOPPED';
const waits = (info: Info) => info.restart !== null;

rooted('a failure restarts it after a while, and tells how it ended; an end in order does not', async (t) => {
  const world = await started(t, ['tlxc.restart = on-failure', 'tlxc.restart.delay = 8']);
  const first = await infoOf(world);
  await end(world, 'exit 7');
  const waiting = await once(world, waits);
  t.is(waiting.state, 'STOPPED');
  t.like(waiting.restart, { count: 1, max: 0 });
  t.like(waiting.lastExit, { code: 7, signal: null, failed: true, requested: false });
  t.regex(await world.sh('tlxc-info c1'), /^Restart: +in [1-8] s \(1st time, last exit: exit code 7\)$/m);
  t.regex(await world.sh('tlxc-ls -F NAME,STATE,RESTART'), /^c1 +RESTARTING in [1-8] s \(1st time\)/m);
  const second = await once(world, runs);
  t.not(second.pid, first.pid);
  t.is(await world.sh('cat lxc/c1/rootfs/starts'), 'x\nx\n');
  t.regex(await world.sh('tlxc-info c1'), /^Last exit: +exit code 7 \(/m, 'it is told while it runs again');
  const begun = performance.now();
  await world.sh(`kill -KILL ${second.pid}`);
  const killed = await once(world, waits);
  t.like(killed, { restart: { count: 2 }, lastExit: { signal: 'SIGKILL', outOfMemory: false } });
  t.regex(await world.sh('tlxc-info c1'), /^Restart: +in \d+ s \(2nd time, /m);
  await once(world, runs);
  t.true(performance.now() - begun >= 16_000, 'twice as long');
  await end(world, 'exit 0');
  const last = await once(world, stays);
  t.is(last.restart, null);
  t.like(last.lastExit, { code: 0, failed: false, restarts: 2 });
});

rooted('always: after a power-off, too, but never against a person', async (t) => {
  const world = await started(t, ['tlxc.restart = always', 'tlxc.restart.delay = 1']);
  await end(world, 'poweroff -f');
  t.like((await once(world, (info) => runs(info) && info.lastExit !== null)).lastExit, {
    ...{ signal: 'SIGINT', code: null, failed: false, requested: false },
  });
  await world.sh('tlxc-stop -k c1');
  const stopped = await infoOf(world);
  t.like(stopped, { state: 'STOPPED', restart: null });
  t.like(stopped.lastExit, { requested: true });
  const told = await world.sh('tlxc-info c1');
  t.regex(told, /^Last exit: +stopped by request \(/m);
  t.notRegex(told, /Restart/);
});

rooted('an end that somebody expects is no failure, until that is taken back', async (t) => {
  const world = await started(t, ['tlxc.restart = always', 'tlxc.restart.delay = 60']);
  const socket = (await world.sh('ls run/*/c1/monitor.sock')).trim();
  const expectEnd = (expected: boolean) =>
    askMonitor({ socket: join(world.dir, socket) }, { op: 'expect-end', expected });
  t.like(expectEnd(true), { kind: 'answer' });
  t.like(expectEnd(false), { kind: 'answer' });
  await end(world, 'exit 1');
  await once(world, waits);
  await world.sh('tlxc-stop c1; tlxc-start c1');
  t.like(expectEnd(true), { kind: 'answer' });
  await world.sh(`kill -KILL ${(await infoOf(world)).pid}`);
  const { restart, lastExit } = await once(world, stays);
  t.is(restart, null);
  t.like(lastExit, { requested: true, failed: false });
});

rooted('a stop, a start and a destroy end the waiting', async (t) => {
  const world = await started(t, ['tlxc.restart = always', 'tlxc.restart.delay = 60', 'lxc.start.auto = 1']);
  const crash = async () => {
    await end(world, 'exit 1');
    await once(world, waits);
  };
  await crash();
  await world.sh('tlxc-stop c1');
  t.like(await infoOf(world), { state: 'STOPPED', restart: null });
  t.is((await world.run('tlxc-stop', 'c1')).code, 2);
  await world.sh('tlxc-start c1');
  await crash();
  await world.sh('tlxc-start c1');
  t.like(await infoOf(world), { state: 'RUNNING', restart: null });
  await crash();
  t.like((await infoOf(world)).restart, { count: 1 }, 'a start by hand begins a new row');
  await world.sh('tlxc-autostart -s');
  t.is((await infoOf(world)).restart, null);
  await world.sh('tlxc-start c1');
  await crash();
  await world.sh('tlxc-destroy c1');
  addBusybox(world, 'c1');
  t.like(await infoOf(world), { state: 'STOPPED', restart: null, lastExit: null }, 'another of its name');
});

rooted('it is given up after tlxc.restart.max, and where the configuration is broken', async (t) => {
  const world = await started(t, ['tlxc.restart = on-failure', 'tlxc.restart.max = 1']);
  await end(world, 'exit 1');
  await once(world, (info) => runs(info) && info.lastExit !== null);
  await end(world, 'exit 1');
  const given = await once(world, stays);
  t.like(given, { restart: null });
  t.like(given.lastExit, { restarts: 1, givenUp: true });
  t.regex(await world.sh('tlxc-info c1'), /^Restart: +given up after 1 restart$/m);
  await world.sh('tlxc-start c1; echo lxc.tty.max = many >> lxc/c1/config');
  await end(world, 'exit 1');
  await eventually(30, async () => {
    const files = await world.sh('ls run/*/c1');
    return files.includes('start-failure') && !files.includes('restart.json') ? files : undefined;
  });
  await world.sh("sed -i '$d' lxc/c1/config");
  const told = await world.sh('tlxc-info c1');
  t.regex(told, /^Restart: +given up, last start: .*its configuration has a problem/m);
  await world.sh('tlxc-start c1');
  t.notRegex(await world.sh('tlxc-info c1'), /Restart:/);
});

rooted('who waits may be killed; a start that fails is tried again', async (t) => {
  const world = await started(t, [
    'tlxc.restart = on-failure',
    'tlxc.restart.delay = 1',
    'lxc.hook.pre-start = /bin/sh -c "test ! -e $LXC_ROOTFS_PATH/broken" --',
  ]);
  writeFileSync(inside(world, 'broken'), '');
  await end(world, 'exit 1');
  const again = await once(world, (info) => (info.restart?.count ?? 0) >= 2);
  t.is(again.state, 'STOPPED');
  // But while it is just tried again.
  await eventually(30, async () =>
    /^Restart: .*last start: the pre-start hook failed/m.test(await world.sh('tlxc-info c1'))
      ? true
      : undefined,
  );
  await world.sh('rm lxc/c1/rootfs/broken');
  await once(world, runs);
  await end(world, 'exit 1');
  await once(world, waits);
  await world.sh('kill -KILL $(sed \'s/.*"pid":\\([0-9]*\\).*/\\1/\' run/*/c1/restart.json)');
  await once(world, (info) => info.restart === null);
  await world.sh('tlxc-start c1');
});

requires('root', 'userns', 'idmap', 'busybox').serial(
  'lack of memory is told from other deaths',
  async (t) => {
    const world = await makeWorld(t);
    const eat = '/bin/sh -c "sleep 0.3; exec tail /dev/zero"';
    const limit = ['lxc.cgroup2.memory.max = 16M', 'lxc.cgroup2.memory.swap.max = 0'];
    addBusybox(world, 'c1', { config: [`lxc.init.cmd = ${eat}`, ...limit] });
    await world.sh('tlxc-start c1');
    const { lastExit } = await once(world, stays);
    t.like(lastExit, { signal: 'SIGKILL', outOfMemory: true, failed: true });
    t.regex(await world.sh('tlxc-info c1'), /^Last exit: +out of memory \(/m);
  },
);

requires('root', 'userns', 'idmap', 'busybox').serial(
  'a process that lack of memory has ended is told of while the container goes on',
  async (t) => {
    const world = await makeWorld(t);
    const limit = ['lxc.cgroup2.memory.max = 16M', 'lxc.cgroup2.memory.swap.max = 0'];
    addBusybox(world, 'c1', { config: ['lxc.init.cmd = /bin/sleep 1000', ...limit] });
    await world.sh('tlxc-start c1');
    t.notRegex(await world.sh('tlxc-info c1'), /OOM/);
    t.is((await world.run('tlxc-attach', '-n', 'c1', '--', 'tail', '/dev/zero')).code, 137);
    t.regex(await world.sh('tlxc-info c1'), /^OOM kills: +1$/m);
    t.like(JSON.parse(await world.sh('tlxc-info c1 --json')), { usage: { oomKills: 1 } });
    await world.sh('tlxc-stop -k c1');
  },
);
