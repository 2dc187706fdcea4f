/**
 * What the files of the controllers take, told before anything happens. Nothing is refused that a kernel takes, and a file
 * that is not here is the kernel's to judge.
 * Sources: Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst; what Linux 6.18 answers.
 */
import {
  count,
  list,
  number,
  oneOf,
  pairs,
  percentage,
  PERIOD,
  quotaV1,
  quotaV2,
  S64,
  size,
  throttle,
  U64,
  weights,
  type Check,
  type Warn,
} from './cgroup-values.ts';

const INT = 2 ** 31 - 1;
const IO_CLASSES = ['no-change', 'promote-to-rt', 'restrict-to-be', 'idle', 'none-to-rt'] as const;

/** "*" stands for a size of huge pages. */
const CHECKS: readonly (readonly [files: string, check: Check])[] = [
  ['memory.limit_in_bytes memory.soft_limit_in_bytes memory.memsw.limit_in_bytes', size('-1')],
  ['memory.kmem.limit_in_bytes memory.kmem.tcp.limit_in_bytes', size('-1')],
  ['hugetlb.*.limit_in_bytes hugetlb.*.rsvd.limit_in_bytes', size('-1')],
  [
    'memory.min memory.low memory.high memory.max memory.swap.high memory.swap.max memory.zswap.max',
    size('max'),
  ],
  ['hugetlb.*.max hugetlb.*.rsvd.max', size('max')],
  ['memory.swappiness', number(0, 200)],
  ['memory.oom_control memory.oom.group memory.use_hierarchy memory.zswap.writeback', number(0, 1)],
  ['memory.move_charge_at_immigrate', number(0, 3)],
  ['cpu.shares cpu.cfs_burst_us cpu.max.burst', number(0, U64)],
  ['cpu.weight', number(1, 10_000)],
  ['cpu.weight.nice', number(-20, 19)],
  ['cpu.idle cgroup.freeze', number(0, 1)],
  ['cpu.cfs_period_us', number(...PERIOD)],
  ['cpu.cfs_quota_us', quotaV1],
  ['cpu.max', quotaV2],
  ['cpu.rt_period_us', number(1, U64)],
  ['cpu.rt_runtime_us', number(-S64, S64)],
  ['cpu.uclamp.min cpu.uclamp.max', percentage],
  ['cpuset.cpus cpuset.mems cpuset.cpus.exclusive', list],
  ['cpuset.cpus.partition', oneOf('member', 'root', 'isolated')],
  ['cpuset.cpu_exclusive cpuset.mem_exclusive cpuset.mem_hardwall cpuset.memory_migrate', number(0, U64)],
  ['cpuset.memory_spread_page cpuset.memory_spread_slab cpuset.sched_load_balance', number(0, U64)],
  ['cpuset.sched_relax_domain_level', number(-1, S64)],
  ['pids.max', count(2 ** 22)],
  ['cgroup.max.depth cgroup.max.descendants', count(INT)],
  ['blkio.weight', number(10, 1000)],
  ['blkio.bfq.weight', number(1, 1000)],
  ['blkio.weight_device', weights(10, 1000)],
  ['blkio.bfq.weight_device io.bfq.weight', weights(1, 1000)],
  ['io.weight', weights(1, 10_000)],
  ['blkio.throttle.read_bps_device blkio.throttle.write_bps_device', throttle],
  ['blkio.throttle.read_iops_device blkio.throttle.write_iops_device', throttle],
  [
    'io.max',
    pairs('[rw](?:bps|iops)', 'MAJOR:MINOR, then rbps=, wbps=, riops= or wiops= with a number or max'),
  ],
  ['io.latency', pairs('target', 'MAJOR:MINOR target=MICROSECONDS')],
  ['blkio.prio.class io.prio.class', oneOf(...IO_CLASSES)],
  ['freezer.state', oneOf('THAWED', 'FROZEN')],
  ['net_cls.classid', number(0, U64)],
];

const byFile = new Map(
  CHECKS.flatMap(([files, check]) => files.split(' ').map((file) => [file, check] as const)),
);

/** Throws BadValue for a value that no kernel takes in a file that is known here. */
export function checkCgroupFile(file: string, value: string, warn: Warn): void {
  byFile.get(file.replace(/^hugetlb\.[^.]+\./, 'hugetlb.*.'))?.(value, warn);
}
