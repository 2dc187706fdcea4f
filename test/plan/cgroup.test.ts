import test from 'ava';
import { compileCgroups } from '../../src/plan/cgroup.ts';
import type { CgroupHierarchy } from '../../src/plan/types.ts';
import { compilation, hybridHost, idmap, v1Host, v2Host, written } from './sample.ts';

const limit = (file: string, value: string) => written({ file, value }, `lxc.cgroup.${file}`);
const settingsOf = (hierarchies: readonly CgroupHierarchy[], controller: string) =>
  hierarchies
    .find((each) => each.controllers.includes(controller))
    ?.settings.map((each) => `${each.file}=${each.value}`);

/** What a start takes of a list that denies: nodes of /dev to make, the container's own terminals to open. */
const STARTS = ['1:7 m', '1:3 m', '1:8 m', '5:0 m', '1:9 m', '1:5 m', '5:2 rw', '136:* rw'];
const starts = (...granted: readonly string[]) =>
  STARTS.filter((each) => !granted.includes(each)).map((each) => `devices.allow=c ${each}`);

test('limits sit on an outer group, the container in an inner one', (t) => {
  const { hierarchies, allowSuffix } = compileCgroups(compilation());
  t.is(hierarchies.length, hybridHost.cgroups.length);
  for (const each of hierarchies) {
    t.is(each.limitGroup, 'tlxc/u1');
    t.is(each.innerGroup, 'tlxc/u1/ns');
    t.is(each.monitorGroup, 'tlxc/.monitor');
  }
  t.true(allowSuffix);
});

test("the container's root gets all that makes groups of its own: LXC inside takes no tree without", (t) => {
  const [tree] = compileCgroups(compilation({ host: v2Host })).hierarchies;
  const kernels = [
    'cgroup.procs',
    'cgroup.subtree_control',
    'cgroup.threads',
    'memory.oom.group',
    'memory.reclaim',
  ];
  t.deepEqual(tree?.delegatedFiles, kernels);
});

test('lxc.cgroup.dir gives the groups their LXC names', (t) => {
  const [first] = compileCgroups(compilation({ config: { cgroupDir: { dir: written('box') } } })).hierarchies;
  t.is(first?.limitGroup, 'box/lxc.payload.u1');
  t.is(first?.monitorGroup, 'box/lxc.monitor.u1');
});

test('lxc.cgroup.dir.container is taken exactly, and never another in its place', (t) => {
  const cgroupDir = { container: written('a/b'), monitor: written('a/m'), containerInner: written('in') };
  const { hierarchies, allowSuffix } = compileCgroups(compilation({ config: { cgroupDir } }));
  t.is(hierarchies[0]?.limitGroup, 'a/b');
  t.is(hierarchies[0]?.innerGroup, 'a/b/in');
  t.is(hierarchies[0]?.monitorGroup, 'a/m');
  t.false(allowSuffix);
});

test('lxc.cgroup.pattern and lxc.cgroup.use of tlxc.conf are respected', (t) => {
  const system = { cgroupPattern: 'site/%n', cgroupUse: ['memory', 'devices'] };
  const { hierarchies } = compileCgroups(compilation({ system }));
  t.deepEqual(
    hierarchies.map((each) => each.controllers),
    [['memory'], ['devices']],
  );
  t.is(hierarchies[0]?.limitGroup, 'site/u1');
});

test('of a configuration that speaks both worlds, the one the host has counts', (t) => {
  const config = {
    cgroup1: [
      limit('memory.limit_in_bytes', '1G'),
      limit('devices.deny', 'a'),
      limit('devices.allow', 'c 1:3 rwm'),
    ],
    cgroup2: [limit('memory.max', '2G'), limit('devices.deny', 'a'), limit('devices.allow', 'c 1:5 rwm')],
  };
  const onHybrid = compilation({ config, host: hybridHost });
  const hybrid = compileCgroups(onHybrid);
  t.deepEqual(settingsOf(hybrid.hierarchies, 'memory'), ['memory.limit_in_bytes=1G']);
  t.deepEqual(settingsOf(hybrid.hierarchies, 'devices'), [
    'devices.deny=a',
    'devices.allow=c 1:3 rwm',
    ...starts('1:3 m'),
  ]);
  t.deepEqual(hybrid.deviceRules, []);
  const onV2 = compilation({ config, host: v2Host });
  const v2 = compileCgroups(onV2);
  t.deepEqual(settingsOf(v2.hierarchies, 'memory'), ['memory.max=2G']);
  t.deepEqual(v2.deviceRules.slice(0, 2), [
    { allow: false, type: 'a', major: -1, minor: -1, access: 'rwm' },
    { allow: true, type: 'c', major: 1, minor: 5, access: 'rwm' },
  ]);
  t.deepEqual(
    v2.deviceRules.slice(2).map(({ major, minor, access }) => `${major}:${minor} ${access}`),
    ['1:7 m', '1:3 m', '1:8 m', '5:0 m', '1:9 m', '5:2 rw', '136:-1 rw'],
  );
  t.deepEqual([...onHybrid.findings.warnings, ...onV2.findings.warnings], []);
});

test('a list that denies gets what the start takes, and no more', (t) => {
  const listed = (lines: readonly string[], config = {}) => {
    const cgroup1 = lines.map((line) => limit(`devices.${line.split(' ')[0]}`, line.replace(/^\w+ /, '')));
    const { hierarchies } = compileCgroups(compilation({ config: { ...config, cgroup1 } }));
    return settingsOf(hierarchies, 'devices')?.slice(lines.length);
  };
  t.deepEqual(listed(['deny a', 'allow c 1:3 rw', 'allow b 8:0 rw', 'allow c 5:* rw']), starts('5:2 rw'));
  t.deepEqual(listed(['deny a', 'allow c *:* m', 'allow c 5:2 rwm', 'allow c 136:* rwm']), []);
  t.deepEqual(listed(['allow c *:* rwm', 'deny a', 'allow b *:* m']), starts());
  t.deepEqual(listed(['deny a'], { autodev: false }), starts().slice(-2));
  t.deepEqual(listed(['deny a'], { idmap }), starts().slice(-2));
  t.deepEqual(listed(['deny a', 'allow a']), []);
  t.deepEqual(listed(['deny c 10:200 rwm']), []);
});

test('a limit in the other world only is translated where that is exact', (t) => {
  const cgroup2 = [
    limit('memory.max', 'max'),
    limit('pids.max', '100'),
    limit('cpu.weight', '100'),
    limit('cpu.max', '50000 100000'),
    limit('devices.deny', 'a'),
  ];
  const { hierarchies } = compileCgroups(compilation({ config: { cgroup2 }, host: v1Host }));
  t.deepEqual(settingsOf(hierarchies, 'memory'), ['memory.limit_in_bytes=-1']);
  t.deepEqual(settingsOf(hierarchies, 'pids'), ['pids.max=100']);
  t.deepEqual(settingsOf(hierarchies, 'cpu'), [
    'cpu.shares=1024',
    'cpu.cfs_period_us=100000',
    'cpu.cfs_quota_us=50000',
  ]);
  t.deepEqual(settingsOf(hierarchies, 'devices'), ['devices.deny=a', ...starts()]);

  const cgroup1 = [limit('memory.limit_in_bytes', '512M'), limit('cpu.shares', '1024')];
  const unified = compileCgroups(compilation({ config: { cgroup1 }, host: v2Host })).hierarchies;
  t.deepEqual(settingsOf(unified, 'memory'), ['memory.max=512M', 'cpu.weight=100']);
});

test('a limit that has no equal here is said aloud, with its line and reason; one nobody could set is refused', (t) => {
  const high = limit('memory.high', '1G');
  const onHybrid = compilation({ config: { cgroup2: [high, limit('memory.oom.group', '0')] } });
  compileCgroups(onHybrid);
  t.deepEqual(onHybrid.findings.problems, []);
  t.deepEqual(onHybrid.findings.warnings, [
    `${high.at.file}:${high.at.line}: lxc.cgroup2.memory.high: not set, this host has memory as cgroup v1: ` +
      'v1 has no such step below its limit',
  ]);

  const legacy = compilation({ config: { cgroup1: [limit('net_cls.classid', '1')] }, host: v2Host });
  compileCgroups(legacy);
  t.deepEqual(legacy.findings.problems, []);
  t.regex(
    legacy.findings.warnings.join(),
    /lxc.cgroup.net_cls.classid: not set, no cgroup hierarchy of this host/,
  );

  const rdma = compilation({ config: { cgroup2: [limit('rdma.max', 'x')] }, host: v2Host });
  compileCgroups(rdma);
  t.regex(rdma.findings.problems.join(), /no cgroup hierarchy of this host has the controller rdma/);
});

test('a value of the other world that no kernel takes is refused with its line', (t) => {
  const weight = limit('cpu.weight', '0');
  const onHybrid = compilation({ config: { cgroup2: [weight] } });
  compileCgroups(onHybrid);
  t.deepEqual(onHybrid.findings.problems.map(String), [
    `${weight.at.file}:${weight.at.line}: lxc.cgroup2.cpu.weight = 0: it must be a whole number from 1 to 10000`,
  ]);
});

test('each resource is spoken for by itself: what only the other world says is translated', (t) => {
  const config = {
    cgroup1: [limit('memory.limit_in_bytes', '1G')],
    cgroup2: [limit('memory.max', '2G'), limit('memory.swap.max', '1G'), limit('memory.low', '512M')],
  };
  const { hierarchies } = compileCgroups(compilation({ config }));
  t.deepEqual(settingsOf(hierarchies, 'memory'), [
    'memory.limit_in_bytes=1G',
    'memory.soft_limit_in_bytes=512M',
    'memory.memsw.limit_in_bytes=2147483648',
  ]);
});

test('a controller that a hybrid host has as v2 is written there, in either spelling', (t) => {
  const config = {
    cgroup1: [limit('hugetlb.2MB.limit_in_bytes', '-1')],
    cgroup2: [limit('hugetlb.1GB.max', '0')],
  };
  const { hierarchies } = compileCgroups(compilation({ config }));
  t.deepEqual(settingsOf(hierarchies, 'hugetlb'), ['hugetlb.2MB.max=max', 'hugetlb.1GB.max=0']);
});

test('what a group does not hand down is written to the inner one, too', (t) => {
  const cgroup1 = [
    limit('cpu.rt_runtime_us', '1000'),
    limit('cpu.rt_period_us', '2000'),
    limit('cpu.shares', '5'),
  ];
  const { hierarchies } = compileCgroups(compilation({ config: { cgroup1 } }));
  const cpu = hierarchies.find((each) => each.controllers.includes('cpu'));
  const files = (settings: CgroupHierarchy['settings'] = []) => settings.map((each) => each.file);
  t.deepEqual(files(cpu?.settings), ['cpu.rt_period_us', 'cpu.rt_runtime_us', 'cpu.shares']);
  t.deepEqual(files(cpu?.innerSettings), ['cpu.rt_period_us', 'cpu.rt_runtime_us']);
});

test('what a new inner group is given at a reboot: whatever else is set while it runs', (t) => {
  const { hierarchies } = compileCgroups(compilation({ config: {} }));
  const filesOf = (controller: string) =>
    hierarchies.find(({ controllers }) => controllers.includes(controller))?.innerFiles;
  t.deepEqual(filesOf('cpu'), ['cpu.rt_period_us', 'cpu.rt_runtime_us', 'cpu.uclamp.min']);
  t.true(filesOf('blkio')?.includes('blkio.throttle.read_bps_device'));
  t.deepEqual(filesOf('pids'), []);
});

test("v1's throttles hold where they are written: in the inner group, which the container cannot part", (t) => {
  const cgroup2 = [limit('io.max', '8:0 rbps=1000')];
  const { hierarchies } = compileCgroups(compilation({ config: { cgroup2 } }));
  const blkio = hierarchies.find((each) => each.controllers.includes('blkio'));
  t.deepEqual(blkio?.innerSettings, blkio?.settings);
  t.is(blkio?.settings.length, 1);
  t.deepEqual(blkio?.delegatedFiles, []);
  t.not(hierarchies.find((each) => each.controllers.includes('pids'))?.delegatedFiles.length, 0);
});

test('a container that would be frozen before it runs is refused', (t) => {
  for (const [key, file, value] of [
    ['cgroup1', 'freezer.state', 'FROZEN'],
    ['cgroup2', 'cgroup.freeze', '1'],
  ] as const) {
    const frozen = compilation({ config: { [key]: [limit(file, value)] } });
    compileCgroups(frozen);
    t.regex(frozen.findings.problems.join(), /never starts/);
  }
});

test("lxc.cgroup.relative puts all groups below the caller's own", (t) => {
  const config = { cgroupRelative: true, cgroupDir: { monitorPivot: written('p') } };
  const [first] = compileCgroups(compilation({ config })).hierarchies;
  t.like(first, {
    limitGroup: 'user/login/tlxc/u1',
    innerGroup: 'user/login/tlxc/u1/ns',
    monitorGroup: 'user/login/tlxc/.monitor/u1',
    pivotGroup: 'user/login/p/lxc.pivot',
  });
  t.is(compileCgroups(compilation()).hierarchies[0]?.pivotGroup, 'tlxc/.monitor');
});

test('v1 gets the limit of memory and swap after the one of memory', (t) => {
  const cgroup1 = [limit('memory.memsw.limit_in_bytes', '2G'), limit('memory.limit_in_bytes', '1G')];
  const { hierarchies } = compileCgroups(compilation({ config: { cgroup1 } }));
  t.deepEqual(settingsOf(hierarchies, 'memory'), [
    'memory.limit_in_bytes=1G',
    'memory.memsw.limit_in_bytes=2G',
  ]);
});
