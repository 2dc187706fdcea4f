import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { CgroupHierarchy, StartPlan } from '../../src/plan/types.ts';
import { alive, eventually, startMonitored, written } from '../monitor/monitored.ts';
import { requires } from '../rig/requires.ts';
import { makePlan, ORIGIN, OUTSIDE } from './plan.ts';
import { makePlace, script } from './run.ts';

const onV1 = requires('root', 'userns', 'idmap', 'busybox', 'cgroup1');
const asleep = ['/bin/sleep', '1000'];
const KILL = 9;
const EBUSY = 16;
const EEXIST = 17;

interface Mount {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  readonly controllers: string[];
}

const words = ['rw', 'ro', 'nosuid', 'nodev', 'noexec', 'relatime', 'noatime'];
const mounts: readonly Mount[] = readFileSync('/proc/self/mounts', 'utf8')
  .split('\n')
  .map((line) => line.split(' '))
  .filter(([, , type]) => type === 'cgroup' || type === 'cgroup2')
  .map(([, mountPoint = '', type, options = '']) => ({
    version: type === 'cgroup' ? 1 : 2,
    mountPoint,
    controllers: type === 'cgroup' ? options.split(',').filter((word) => !words.includes(word)) : [],
  }));
const mountOf = (controller: string): string =>
  mounts.find(({ controllers }) => controllers.includes(controller))?.mountPoint ?? '/nowhere';
const unified = mounts.find(({ version }) => version === 2)?.mountPoint;

let made = 0;

/** Two levels in every hierarchy of the host, under a name of this test's own. */
function withGroups(t: ExecutionContext, plan: StartPlan, more: Partial<CgroupHierarchy> = {}): string {
  const group = `tlxc-cgroup-test-${process.pid}-${++made}`;
  plan.cgroups.hierarchies = mounts.map((mount) => ({
    ...mount,
    limitGroup: group,
    innerGroup: `${group}/ns`,
    monitorGroup: `${group}.monitor`,
    pivotGroup: '',
    settings: [],
    innerSettings: [],
    innerFiles: [],
    delegatedFiles: ['cgroup.procs'],
    ...more,
  }));
  t.teardown(() => {
    for (const { mountPoint } of mounts)
      for (const name of [`${group}/ns`, group, `${group}-1/ns`, `${group}-1`, `${group}.monitor`])
        if (existsSync(join(mountPoint, name))) rmdirSync(join(mountPoint, name));
  });
  return group;
}

const set = (plan: StartPlan, controller: string, file: string, value: string): void => {
  const hierarchy = plan.cgroups.hierarchies.find(({ controllers }) => controllers.includes(controller));
  hierarchy?.settings.push({ file, value, origin: { ...ORIGIN, line: 30, key: `lxc.cgroup.${file}` } });
};

const nothingLeft = (group: string): boolean =>
  mounts.every(
    ({ mountPoint }) =>
      !existsSync(join(mountPoint, group)) && !existsSync(join(mountPoint, `${group}.monitor`)),
  );

onV1('limits sit on the outer group, init and the rights of its root on the inner one', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const group = withGroups(t, plan);
  set(plan, 'memory', 'memory.limit_in_bytes', '64M');
  const monitor = await startMonitored(t, plan);
  const memory = mountOf('memory');
  t.is(readFileSync(join(memory, group, 'memory.limit_in_bytes'), 'utf8').trim(), String(64 << 20));
  for (const { mountPoint } of mounts) {
    const inner = join(mountPoint, group, 'ns');
    t.is(readFileSync(join(inner, 'cgroup.procs'), 'utf8').trim(), String(monitor.initPid), mountPoint);
    t.is(statSync(inner).uid, OUTSIDE, mountPoint);
    t.is(statSync(join(inner, 'cgroup.procs')).uid, OUTSIDE, mountPoint);
    t.is(statSync(join(mountPoint, group)).uid, 0, mountPoint);
  }
  t.is(statSync(join(memory, group, 'ns/memory.limit_in_bytes')).uid, 0);
  const procs = readFileSync(join(memory, `${group}.monitor`, 'cgroup.procs'), 'utf8');
  t.is(procs.trim(), String(monitor.pid));
  monitor.signal(KILL);
  await monitor.ended;
  t.true(nothingLeft(group));
});

onV1('a limit that the kernel refuses names the file and the line, and leaves nothing', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const group = withGroups(t, plan);
  set(plan, 'memory', 'memory.limit_in_bytes', 'plenty');
  const { started } = await startMonitored(t, plan);
  const path = join(mountOf('memory'), group, 'memory.limit_in_bytes');
  t.like(started, { kind: 'failed', step: 'cgroup', syscall: 'write', errno: 22, path, line: 30 });
  t.true(nothingLeft(group));
});

onV1('a group in use: the next suffix, or an error', async (t) => {
  for (const allowSuffix of [true, false]) {
    const plan = makePlan({ ...makePlace(t), argv: asleep });
    const group = withGroups(t, plan);
    plan.cgroups.allowSuffix = allowSuffix;
    const taken = join(mountOf('pids'), group);
    mkdirSync(taken);
    const other = spawn('sleep', ['1000']);
    t.teardown(() => other.kill('SIGKILL'));
    writeFileSync(join(taken, 'cgroup.procs'), String(other.pid));
    const monitor = await startMonitored(t, plan);
    if (allowSuffix) t.is(monitor.info().cgroups[0]?.limitGroup, `${group}-1`);
    else
      t.like(monitor.started, {
        kind: 'failed',
        step: 'cgroup',
        errno: EBUSY,
        path: taken,
        detail: 'in-use',
      });
    t.true(alive(other.pid ?? -1), 'the other process was let be');
    other.kill('SIGKILL');
    await eventually(() => !alive(other.pid ?? -1));
  }
});

onV1('a group that the configuration names and that is there already is let be', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const group = withGroups(t, plan);
  plan.cgroups.allowSuffix = false;
  const theirs = join(mountOf('memory'), group);
  mkdirSync(join(theirs, 'ns'), { recursive: true });
  writeFileSync(join(theirs, 'memory.limit_in_bytes'), '64M');
  const { started } = await startMonitored(t, plan);
  t.like(started, { kind: 'failed', step: 'cgroup', errno: EEXIST, path: theirs, detail: 'exists' });
  t.is(readFileSync(join(theirs, 'memory.limit_in_bytes'), 'utf8').trim(), String(64 << 20));
  t.true(existsSync(join(theirs, 'ns')));
});

onV1('the monitor goes to the pivot group, and its own is gone', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const group = withGroups(t, plan);
  for (const hierarchy of plan.cgroups.hierarchies) hierarchy.pivotGroup = `${group}.pivot/lxc.pivot`;
  t.teardown(() => {
    for (const { mountPoint } of mounts)
      for (const name of [`${group}.pivot/lxc.pivot`, `${group}.pivot`]) rmdirSync(join(mountPoint, name));
  });
  const monitor = await startMonitored(t, plan);
  monitor.signal(KILL);
  await monitor.ended;
  t.true(nothingLeft(group));
  for (const { mountPoint } of mounts) t.true(existsSync(join(mountPoint, `${group}.pivot/lxc.pivot`)));
});

onV1('a group that monitors share is entered, stays, and is nobody’s to remove', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const shared = `tlxc-monitors-test-${process.pid}`;
  withGroups(t, plan, { monitorGroup: shared, pivotGroup: shared });
  t.teardown(() => {
    for (const { mountPoint } of mounts) rmdirSync(join(mountPoint, shared));
  });
  const monitor = await startMonitored(t, plan);
  for (const { mountPoint } of mounts.filter(({ version }) => version === 1))
    t.is(readFileSync(join(mountPoint, shared, 'cgroup.procs'), 'utf8').trim(), String(monitor.pid));
  monitor.signal(KILL);
  await monitor.ended;
  for (const { mountPoint } of mounts) t.true(existsSync(join(mountPoint, shared)), mountPoint);
});

onV1('what a group does not hand down is written to the inner one', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const group = withGroups(t, plan);
  const cpu = plan.cgroups.hierarchies.find(({ controllers }) => controllers.includes('cpu'));
  cpu?.innerSettings.push({ file: 'cpu.shares', value: '77', origin: ORIGIN });
  await startMonitored(t, plan);
  t.is(readFileSync(join(mountOf('cpu'), group, 'ns/cpu.shares'), 'utf8').trim(), '77');
  t.is(readFileSync(join(mountOf('cpu'), group, 'cpu.shares'), 'utf8').trim(), '1024');
});

onV1('what a killed monitor left is taken over under the same name', async (t) => {
  const place = makePlace(t);
  const plan = makePlan({ ...place, argv: asleep });
  const group = withGroups(t, plan);
  plan.cgroups.allowSuffix = true;
  const first = await startMonitored(t, plan);
  process.kill(first.pid, 'SIGKILL');
  await first.ended;
  const second = await startMonitored(t, plan);
  t.is(second.info().cgroups[0]?.limitGroup, group);
  second.signal(KILL);
  await second.ended;
  t.true(nothingLeft(group));
});

onV1('processes and groups below the container go with it, however deep', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const group = withGroups(t, plan);
  const monitor = await startMonitored(t, plan);
  const strangers = mounts.map(({ mountPoint }) => {
    const deep = join(mountPoint, group, 'ns', ...Array<string>(40).fill('d'));
    mkdirSync(deep, { recursive: true });
    if (mountPoint !== mountOf('pids') && mountPoint !== unified) return -1;
    const stranger = spawn('sleep', ['1000']);
    writeFileSync(join(deep, 'cgroup.procs'), String(stranger.pid));
    return stranger.pid ?? -1;
  });
  monitor.signal(KILL);
  await monitor.ended;
  t.true(nothingLeft(group));
  for (const pid of strangers.filter((each) => each > 0)) t.false(alive(pid));
});

onV1('a frozen container is said to be, and dies all the same', async (t) => {
  const plan = makePlan({ ...makePlace(t), argv: asleep });
  const group = withGroups(t, plan);
  const monitor = await startMonitored(t, plan);
  writeFileSync(join(mountOf('freezer'), group, 'freezer.state'), 'FROZEN');
  t.true(await eventually(() => monitor.info().state === 'FROZEN'));
  monitor.signal(-2);
  await monitor.ended;
  t.true(nothingLeft(group));
});

onV1('a device list of version 2 decides over opens', async (t) => {
  if (unified === undefined) return t.pass('no version 2 hierarchy here');
  const place = makePlace(t);
  const argv = script(
    'echo >/dev/null && echo null; head -c 1 /dev/zero >/dev/null && echo zero; sleep 1000',
  );
  const plan = makePlan({ ...place, argv });
  const group = withGroups(t, plan);
  const rule = { type: 'c', major: 1, minor: 3, access: 'rwm' };
  plan.cgroups.deviceRules = [
    { ...rule, allow: false, type: 'a', major: -1, minor: -1 },
    { ...rule, allow: true },
    { ...rule, allow: true, minor: 5, access: 'r' },
    { ...rule, allow: false, minor: 5, access: 'r' },
    { ...rule, allow: true, major: 136, minor: -1 }, // the terminals
    { ...rule, allow: true, major: 5, minor: 2 },
  ];
  const monitor = await startMonitored(t, plan);
  const out = (): string => written(join(place.rootfs, 'out'));
  t.true(await eventually(() => out().includes('zero')));
  t.regex(out(), /^null\nhead: \/dev\/zero: Operation not permitted\n$/);
  monitor.signal(KILL);
  await monitor.ended;
  t.true(nothingLeft(group));
});
