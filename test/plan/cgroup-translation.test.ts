/** Every row of src/plan/cgroup-table.ts, in both directions. */
import test from 'ava';
import { BadValue } from '../../src/config/key.ts';
import { table, type CgroupValue, type Line } from '../../src/plan/cgroup-table.ts';
import { equalsOf, translateSetting } from '../../src/plan/cgroup-translation.ts';

type World = 1 | 2;
interface Beside {
  readonly [file: string]: string;
}

/** "FILE = VALUE" */
const parse = (line: string): CgroupValue => {
  const [file = '', value = ''] = line.split(/ = (.*)/s);
  return { file, value };
};

function translated(
  line: string,
  from: World,
  { weights = ['io.bfq.weight'], ...beside }: { weights?: Line['blockWeights'] } & { beside?: Beside } = {},
): string[] | string {
  const setting = parse(line);
  const all: Beside = { ...beside.beside, [setting.file]: setting.value };
  const result = translateSetting(setting, from, { last: (file) => all[file], blockWeights: weights });
  return 'why' in result ? result.why : result.map(({ file, value }) => `${file} = ${value}`);
}

/** A line of v1 and one of v2 that become each other. */
const EQUAL: readonly (readonly [v1: string, v2: string])[] = [
  ['memory.limit_in_bytes = 512M', 'memory.max = 512M'],
  ['memory.limit_in_bytes = -1', 'memory.max = max'],
  ['memory.soft_limit_in_bytes = 256M', 'memory.low = 256M'],
  ['memory.soft_limit_in_bytes = -1', 'memory.low = 0'],
  ['memory.memsw.limit_in_bytes = -1', 'memory.swap.max = max'],
  ['memory.usage_in_bytes = 4096', 'memory.current = 4096'],
  ['memory.max_usage_in_bytes = 4096', 'memory.peak = 4096'],
  ['cpu.shares = 1024', 'cpu.weight = 100'],
  ['cpu.shares = 512', 'cpu.weight = 50'],
  ['cpu.shares = 102400', 'cpu.weight = 10000'],
  ['cpu.cfs_burst_us = 5000', 'cpu.max.burst = 5000'],
  ['cpu.idle = 1', 'cpu.idle = 1'],
  ['cpu.uclamp.min = 20.00', 'cpu.uclamp.min = 20.00'],
  ['cpu.uclamp.max = max', 'cpu.uclamp.max = max'],
  ['cpuset.cpus = 0-1', 'cpuset.cpus = 0-1'],
  ['cpuset.mems = 0', 'cpuset.mems = 0'],
  ['pids.max = 100', 'pids.max = 100'],
  ['pids.current = 3', 'pids.current = 3'],
  ['blkio.bfq.weight = 200', 'io.bfq.weight = 200'],
  ['blkio.bfq.weight_device = 8:0 200', 'io.bfq.weight = 8:0 200'],
  ['blkio.throttle.read_bps_device = 8:0 1048576', 'io.max = 8:0 rbps=1048576'],
  ['blkio.throttle.write_bps_device = 8:0 1048576', 'io.max = 8:0 wbps=1048576'],
  ['blkio.throttle.read_iops_device = 8:0 100', 'io.max = 8:0 riops=100'],
  ['blkio.throttle.write_iops_device = 8:0 0', 'io.max = 8:0 wiops=max'],
  ['blkio.prio.class = restrict-to-be', 'io.prio.class = restrict-to-be'],
  ['hugetlb.2MB.limit_in_bytes = 4M', 'hugetlb.2MB.max = 4M'],
  ['hugetlb.1GB.rsvd.limit_in_bytes = -1', 'hugetlb.1GB.rsvd.max = max'],
  ['hugetlb.2MB.usage_in_bytes = 0', 'hugetlb.2MB.current = 0'],
  ['rdma.max = mlx4_0 hca_handle=2', 'rdma.max = mlx4_0 hca_handle=2'],
  ['misc.max = sev 4', 'misc.max = sev 4'],
  ['dmem.max = drm/0 1M', 'dmem.max = drm/0 1M'],
  ['dmem.min = drm/0 1M', 'dmem.min = drm/0 1M'],
  ['dmem.low = drm/0 1M', 'dmem.low = drm/0 1M'],
  ['freezer.state = FROZEN', 'cgroup.freeze = 1'],
  ['freezer.state = THAWED', 'cgroup.freeze = 0'],
];

/** Lines that become another, but not back: a value out of the other's range, or one that depends on more. */
const ONE_WAY: readonly (readonly [
  from: World,
  line: string,
  becomes: readonly string[],
  beside?: Beside,
])[] = [
  [1, 'memory.limit_in_bytes = 9223372036854771712', ['memory.max = max']],
  [
    1,
    'memory.memsw.limit_in_bytes = 1536M',
    ['memory.swap.max = 1073741824'],
    { 'memory.limit_in_bytes': '512M' },
  ],
  [1, 'memory.memsw.limit_in_bytes = 1G', ['memory.swap.max = 0'], { 'memory.limit_in_bytes': '1G' }],
  [2, 'memory.swap.max = 1G', ['memory.memsw.limit_in_bytes = 1610612736'], { 'memory.max': '512M' }],
  [2, 'memory.swap.max = 0', ['memory.memsw.limit_in_bytes = 4096'], { 'memory.max': '0x1000' }],
  [1, 'cpu.shares = 2', ['cpu.weight = 1']],
  [1, 'cpu.shares = 262144', ['cpu.weight = 10000']],
  [2, 'cpu.weight = 1', ['cpu.shares = 10']],
  [2, 'cpu.weight.nice = -20', ['cpu.shares = 88761']],
  [2, 'cpu.weight.nice = 0', ['cpu.shares = 1024']],
  [2, 'cpu.weight.nice = 19', ['cpu.shares = 15']],
  [1, 'cpu.cfs_quota_us = 20000', ['cpu.max = 20000 100000']],
  [1, 'cpu.cfs_quota_us = -1', ['cpu.max = max 50000'], { 'cpu.cfs_period_us': '50000' }],
  [1, 'cpu.cfs_period_us = 50000', ['cpu.max = 20000 50000'], { 'cpu.cfs_quota_us': '20000' }],
  [2, 'cpu.max = 20000 50000', ['cpu.cfs_period_us = 50000', 'cpu.cfs_quota_us = 20000']],
  [2, 'cpu.max = 20000', ['cpu.cfs_period_us = 100000', 'cpu.cfs_quota_us = 20000']],
  [2, 'cpu.max = max', ['cpu.cfs_period_us = 100000', 'cpu.cfs_quota_us = -1']],
  [1, 'blkio.weight = 500', ['io.bfq.weight = 100']],
  [1, 'blkio.weight = 1000', ['io.bfq.weight = 109']],
  [1, 'blkio.weight_device = 8:0 250', ['io.bfq.weight = 8:0 50']],
  [2, 'io.weight = 100', ['blkio.bfq.weight = 100']],
  [2, 'io.weight = default 50', ['blkio.bfq.weight = 50']],
  [2, 'io.weight = 8:0 10000', ['blkio.bfq.weight_device = 8:0 1000']],
  [
    2,
    'io.max = 8:0 rbps=1 wiops=max',
    ['blkio.throttle.read_bps_device = 8:0 1', 'blkio.throttle.write_iops_device = 8:0 0'],
  ],
];

/** Files without an equal: a value that asks for something, and the one that asks for nothing. */
const NONE: readonly (readonly [from: World, file: string, wish: string, usual?: string])[] = [
  [1, 'memory.kmem.limit_in_bytes', '1G', '-1'],
  [1, 'memory.kmem.tcp.limit_in_bytes', '1G', '-1'],
  [1, 'memory.swappiness', '0'],
  [1, 'memory.oom_control', '1', '0'],
  [1, 'memory.move_charge_at_immigrate', '3', '0'],
  [1, 'memory.use_hierarchy', '0', '1'],
  [1, 'memory.memsw.limit_in_bytes', '1G', '-1'],
  [1, 'cpu.rt_runtime_us', '1000', '0'],
  [1, 'cpu.rt_period_us', '500000', '1000000'],
  [1, 'cpuset.cpu_exclusive', '1', '0'],
  [1, 'cpuset.mem_exclusive', '1', '0'],
  [1, 'cpuset.mem_hardwall', '1', '0'],
  [1, 'cpuset.memory_migrate', '0', '1'],
  [1, 'cpuset.memory_spread_page', '1', '0'],
  [1, 'cpuset.memory_spread_slab', '1', '0'],
  [1, 'cpuset.sched_load_balance', '0', '1'],
  [1, 'cpuset.sched_relax_domain_level', '1', '-1'],
  [1, 'blkio.leaf_weight', '500'],
  [1, 'blkio.leaf_weight_device', '8:0 500'],
  [1, 'net_cls.classid', '0x10001'],
  [1, 'net_prio.ifpriomap', 'eth0 5'],
  [1, 'memory.of_my_own', '1'],
  [2, 'memory.high', '1G', 'max'],
  [2, 'memory.min', '1G', '0'],
  [2, 'memory.swap.max', '1G', 'max'],
  [2, 'memory.swap.high', '1G', 'max'],
  [2, 'memory.oom.group', '1', '0'],
  [2, 'memory.zswap.max', '0', 'max'],
  [2, 'memory.zswap.writeback', '0', '1'],
  [2, 'cpuset.cpus.partition', 'root', 'member'],
  [2, 'cpuset.cpus.exclusive', '1'],
  [2, 'io.latency', '8:0 target=10'],
  [2, 'cgroup.max.depth', '3', 'max'],
  [2, 'cgroup.max.descendants', '3', 'max'],
];

const WRONG: readonly (readonly [from: World, line: string, beside?: Beside])[] = [
  [1, 'cpu.shares = many'],
  [2, 'cpu.weight = 0'],
  [2, 'cpu.weight = 10001'],
  [2, 'cpu.weight.nice = 20'],
  [2, 'io.weight = 0'],
  [2, 'io.max = 8:0'],
  [2, 'io.max = 8:0 rbps=1M'],
  [2, 'io.max = sda rbps=1'],
  [1, 'blkio.weight = 5'],
  [1, 'blkio.throttle.read_bps_device = 8:0'],
  [1, 'memory.memsw.limit_in_bytes = 1G', { 'memory.limit_in_bytes': '2G' }],
  [2, 'memory.swap.max = lots', { 'memory.max': '2G' }],
];

for (const [v1, v2] of EQUAL) {
  test(`${v1}, and ${v2}`, (t) => {
    t.deepEqual(translated(v1, 1), [v2]);
    t.deepEqual(translated(v2, 2), [v1]);
  });
}

for (const [from, line, becomes, beside = {}] of ONE_WAY) {
  const others = Object.entries(beside).map(([file, value]) => `${file} = ${value}`);
  test(`v${from}: ${[line, ...others].join(', beside ')}`, (t) => {
    t.deepEqual(translated(line, from, { beside }), becomes);
  });
}

for (const [from, file, wish, usual] of NONE) {
  test(`v${from}: ${file} has no equal`, (t) => {
    t.regex(String(translated(`${file} = ${wish}`, from)), /^[a-z].* .*[^.]$/);
    if (usual !== undefined) t.not(typeof translated(`${file} = ${usual}`, from), 'string');
  });
}

for (const [from, line, beside = {}] of WRONG) {
  test(`v${from}: ${line} is refused, as a kernel would`, (t) => {
    t.throws(() => translated(line, from, { beside }), { instanceOf: BadValue });
  });
}

test('block devices are weighed by the files that the kernel has', (t) => {
  const both = ['io.weight', 'io.bfq.weight'] as const;
  t.deepEqual(translated('blkio.bfq.weight = 1000', 1, { weights: both }), [
    'io.weight = 10000',
    'io.bfq.weight = 1000',
  ]);
  t.deepEqual(translated('blkio.weight = 1000', 1, { weights: ['io.weight'] }), ['io.weight = 200']);
  t.regex(String(translated('blkio.weight = 500', 1, { weights: [] })), /neither by BFQ nor by iocost/);
  t.regex(
    String(translated('io.weight = 100', 2, { weights: ['io.weight'] })),
    /BFQ, which this kernel lacks/,
  );
});

test('the files that hold the same resource', (t) => {
  t.deepEqual(equalsOf('cpu.max', 2), ['cpu.cfs_quota_us', 'cpu.cfs_period_us']);
  t.deepEqual(equalsOf('hugetlb.2MB.rsvd.limit_in_bytes', 1), ['hugetlb.2MB.rsvd.max']);
  t.deepEqual(equalsOf('memory.swappiness', 1), []);
});

test('every file of the table is tried', (t) => {
  const lines = (world: World): string[] => [
    ...EQUAL.map((pair) => parse(pair[world - 1] ?? '').file),
    ...ONE_WAY.filter(([from]) => from === world).map(([, line]) => parse(line).file),
    ...NONE.filter(([from]) => from === world).map(([, file]) => file),
  ];
  for (const world of [1, 2] as const) {
    const tried = new Set(lines(world).map((file) => file.replace(/^hugetlb\.[^.]+/, 'hugetlb.*')));
    const known = table.flatMap((row) => (world === 1 ? row.v1 : row.v2));
    t.deepEqual(
      known.filter((file) => !tried.has(file)),
      [],
    );
    t.is(new Set(known).size, known.length, 'a file is in two rows');
  }
});
