import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makePlan, ORIGIN, type PlanOptions } from '../executor/plan.ts';
import { makePlace } from '../executor/run.ts';
import { requires } from '../rig/requires.ts';
import { alive, eventually, startMonitored } from './monitored.ts';

const rooted = requires('root', 'userns', 'idmap', 'busybox');
const KILL = 9;
const asleep = ['/bin/sleep', '1000'];
/** An init that reboots once: the first of its lives writes the file. */
const rebootsOnce = [
  '/bin/sh',
  '-c',
  'if [ -e /lived ]; then exec sleep 1000; fi; >/lived; until [ -e /go ]; do sleep 0.02; done; reboot -f',
];

const hook = (line: string) => ({ argv: ['/bin/sh', '-c', line, 'sh'], timeoutMs: 60_000, origin: ORIGIN });
const withBoot: Partial<PlanOptions> = {
  unprivileged: true,
  change: (plan) => plan.security.capabilities.push('sys_boot'),
};

rooted('a stop is told to watchers, with the wait status, and leaves nothing', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const monitor = await startMonitored(t, plan);
  t.is(monitor.info().state, 'RUNNING');
  t.is(statSync(monitor.inRunDir('monitor.sock')).mode & 0o777, 0o600);
  t.is(statSync(plan.runDir).mode & 0o777, 0o700);
  const watched = monitor.watch();
  monitor.signal(KILL);
  t.deepEqual(await watched, [
    { state: 'STOPPING', exitStatus: KILL },
    { state: 'STOPPED', exitStatus: KILL },
  ]);
  t.is(await monitor.ended, 0);
  for (const name of ['monitor.sock', 'instance.json']) t.false(existsSync(monitor.inRunDir(name)), name);
});

rooted('an init that ends by itself stops the container, with its exit status', async (t) => {
  const place = makePlace(t);
  const argv = ['/bin/sh', '-c', 'until [ -e /go ]; do sleep 0.02; done; exit 7'];
  const monitor = await startMonitored(t, makePlan({ ...place, argv }));
  const watched = monitor.watch();
  writeFileSync(join(place.rootfs, 'go'), '');
  t.deepEqual((await watched).at(-1), { state: 'STOPPED', exitStatus: 7 << 8 });
});

rooted('a second monitor of the same container refuses', async (t) => {
  const place = makePlace(t);
  await startMonitored(t, makePlan({ ...place, argv: asleep }));
  const { started } = await startMonitored(t, makePlan({ ...place, argv: asleep }));
  t.like(started, { kind: 'failed', step: 'already-running' });
});

rooted('a reboot from inside starts it again under the same monitor', async (t) => {
  const place = makePlace(t);
  const monitor = await startMonitored(t, makePlan({ ...place, argv: rebootsOnce, ...withBoot }));
  const watched = monitor.watch(({ state }) => state === 'RUNNING');
  writeFileSync(join(place.rootfs, 'go'), '');
  const events = await watched;
  const hangup = 1;
  t.deepEqual(events, [
    { state: 'STOPPING', exitStatus: hangup, reboot: true },
    { state: 'STOPPED', exitStatus: hangup, reboot: true },
    { state: 'STARTING' },
    { state: 'RUNNING' },
  ]);
  const info = monitor.info();
  t.like(info, { reboots: 1, state: 'RUNNING', monitorPid: monitor.pid });
  t.not(info.initPid, monitor.initPid);
});

rooted('stop hooks see the namespaces and the target; the monitor answers meanwhile', async (t) => {
  const place = makePlace(t);
  const seen = join(place.scratch, 'seen');
  const look = `{ echo "$LXC_TARGET $LXC_PID"; echo "$@"; readlink "$LXC_NET_NS"; } >${seen}; until [ -e ${place.scratch}/go ]; do sleep 0.02; done`;
  const plan = makePlan({ ...place, argv: asleep });
  plan.hooks.stop.push(hook(look));
  plan.hooks.postStop.push(hook(`echo "post $LXC_TARGET" >>${seen}`));
  const monitor = await startMonitored(t, plan);
  const watched = monitor.watch();
  monitor.signal(KILL);
  await eventually(() => monitor.info().state === 'STOPPING');
  await sleep(100);
  t.is(monitor.info().state, 'STOPPING');
  writeFileSync(join(place.scratch, 'go'), '');
  await watched;
  const [who, names, net, post] = readFileSync(seen, 'utf8').trim().split('\n');
  t.is(who, `stop ${monitor.initPid}`);
  t.regex(names ?? '', new RegExp(`\\bnet:/proc/${monitor.pid}/fd/\\d+`));
  t.regex(net ?? '', /^net:\[\d+\]$/);
  t.is(post, 'post stop');
});

rooted('a post-stop hook that fails turns a reboot into a stop', async (t) => {
  const place = makePlace(t);
  writeFileSync(join(place.rootfs, 'go'), '');
  const plan = makePlan({ ...place, argv: rebootsOnce, ...withBoot });
  plan.hooks.postStop.push(hook('exit 1'));
  const monitor = await startMonitored(t, plan);
  t.is(await monitor.ended, 0);
});

rooted('a failed start says where, and runs the post-stop hooks', async (t) => {
  const place = makePlace(t);
  const plan = makePlan({ ...place, argv: asleep });
  plan.hooks.preStart.push(hook('exit 3'));
  plan.hooks.postStop.push(hook(`echo "$LXC_TARGET" >${place.scratch}/seen`));
  const { started, ended } = await startMonitored(t, plan);
  t.like(started, {
    kind: 'failed',
    step: 'hook pre-start',
    detail: 'exit 3',
    line: ORIGIN.line,
    file: ORIGIN.file,
  });
  t.is(await ended, 1);
  t.is(readFileSync(join(place.scratch, 'seen'), 'utf8'), 'stop\n');
});

rooted('a hook that hangs is killed when its time is up, with what it started', async (t) => {
  const place = makePlace(t);
  const plan = makePlan({ ...place, argv: asleep });
  plan.hooks.preStart.push({ ...hook(`sleep 1000 & echo $! >${place.scratch}/pid; wait`), timeoutMs: 3000 });
  const { started } = await startMonitored(t, plan);
  t.like(started, { kind: 'failed', step: 'hook pre-start', detail: 'timeout' });
  const sleeper = Number(readFileSync(join(place.scratch, 'pid'), 'utf8'));
  t.true(await eventually(() => !alive(sleeper)));
});

rooted('a hook that prints without end is killed when its time is up', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  plan.hooks.preStart.push({ ...hook('exec yes'), timeoutMs: 3000 });
  const { started } = await startMonitored(t, plan);
  t.is(started.kind, 'failed');
  t.regex(String((started as { detail?: string }).detail), /^timeout: y y y/);
});

rooted('SIGTERM to the monitor ends the container, SIGKILL takes it along', async (t) => {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const monitor = await startMonitored(t, makePlan({ ...makePlace(t), argv: asleep }));
    process.kill(monitor.pid, signal);
    t.is(await monitor.ended, signal === 'SIGTERM' ? 0 : 'SIGKILL');
    t.true(await eventually(() => !alive(monitor.initPid)), signal);
  }
});

rooted('after its monitor was killed a container starts again', async (t) => {
  const place = makePlace(t);
  const first = await startMonitored(t, makePlan({ ...place, argv: asleep }));
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  const second = await startMonitored(t, makePlan({ ...place, argv: asleep }));
  t.is(second.info().state, 'RUNNING');
});

rooted('the pid file and the record name the processes while it runs', async (t) => {
  const place = makePlace(t);
  const plan = makePlan({ ...place, argv: asleep });
  plan.monitor.pidFile = join(place.scratch, 'pid');
  const monitor = await startMonitored(t, plan);
  t.is(readFileSync(plan.monitor.pidFile, 'utf8').trim(), String(monitor.pid));
  t.is(statSync(plan.monitor.pidFile).mode & 0o777, 0o600);
  const record = JSON.parse(readFileSync(monitor.inRunDir('instance.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const startTime = (pid: number): string =>
    readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')[19] ?? '';
  t.like(record, {
    bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
    initPid: monitor.initPid,
    initStartTime: startTime(monitor.initPid),
    monitorPid: monitor.pid,
    monitorStartTime: startTime(monitor.pid),
  });
  monitor.signal(KILL);
  await monitor.ended;
  t.false(existsSync(plan.monitor.pidFile));
});

rooted('without lxc.signal.halt, an init that does not wait for SIGRTMIN+3 is asked by SIGPWR', async (t) => {
  const argv = ['/bin/sh', '-c', 'trap "exit 5" PWR; >/ready; while :; do sleep 0.1; done'];
  const place = makePlace(t);
  const monitor = await startMonitored(t, makePlan({ ...place, argv }));
  await eventually(() => existsSync(join(place.rootfs, 'ready')));
  const watched = monitor.watch();
  monitor.signal(0);
  t.deepEqual((await watched).at(-1), { state: 'STOPPED', exitStatus: 5 << 8 });
});

rooted('the log file gets the states and what hooks print, from its level on', async (t) => {
  for (const logLevel of ['INFO', 'ERROR']) {
    const place = makePlace(t);
    const plan = makePlan({ ...place, argv: asleep });
    Object.assign(plan, { logFile: join(place.scratch, 'log'), logLevel });
    plan.hooks.preStart.push(hook('echo from the hook'));
    plan.hooks.stop.push(hook('exit 9'));
    const monitor = await startMonitored(t, plan);
    monitor.signal(KILL);
    await monitor.ended;
    const log = readFileSync(plan.logFile, 'utf8');
    t.is(/^tlxc x1 \d{14}\.\d{3} INFO monitor - state RUNNING$/m.test(log), logLevel === 'INFO');
    t.regex(log, /ERROR monitor - hook stop: .*exit 9 \(\/etc\/example\/config:7\)$/m);
    t.regex(log, /^from the hook$/m);
  }
});
