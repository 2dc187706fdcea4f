/**
 * What the files of cgroup v1 are called in v2 and the other way round: one row for each resource, both directions.
 * Sources: the kernel's Documentation/admin-guide/cgroup-v1/ and cgroup-v2.rst.
 */
import { BadValue } from '../config/key.ts';
import { bytes, wholeNumber } from '../config/values/cgroup-numbers.ts';
import {
  bfqOfIo,
  ioOfBfq,
  ioOfBlkio,
  sharesOfNice,
  sharesOfWeight,
  weightOfShares,
} from './cgroup-quantities.ts';

export interface CgroupValue {
  readonly file: string;
  readonly value: string;
}

/** A line of one world, and what decides beside it. */
export interface Line extends CgroupValue {
  /** What * stands for in the row's names: 2MB of hugetlb.2MB.max. */
  readonly part: string;
  /** What a file of either world is set to, last. */
  readonly last: (file: string) => string | undefined;
  /** The files by which this kernel weighs block devices. */
  readonly blockWeights: readonly ('io.weight' | 'io.bfq.weight')[];
}

/** Settings of the other world ([]: what the line asks for is always so there), or why there are none. */
export type Translated = readonly CgroupValue[] | { readonly why: string };

/** Throws BadValue for a value that no kernel would take. */
type Translate = (line: Line) => Translated;

export interface Row {
  readonly v1: readonly string[];
  readonly v2: readonly string[];
  readonly toV1: Translate;
  readonly toV2: Translate;
}

type Change = (value: string) => string;
const unchanged: Change = (value) => value;

/** One file each, whose values say the same. */
function pair(v1: string, v2: string, toV2: Change = unchanged, toV1: Change = unchanged): Row {
  const to =
    (file: string, change: Change): Translate =>
    ({ value, part }) => [{ file: file.replace('*', part), value: change(value) }];
  return { v1: [v1], v2: [v2], toV1: to(v1, toV1), toV2: to(v2, toV2) };
}

const same = (file: string) => pair(file, file);

/** A file of v1 without an equal. usual: the value that changes nothing, or what is always so in v2. */
function onlyV1(file: string, why: string, usual?: string): Row {
  const toV2: Translate = ({ value }) => (value.trim() === usual ? [] : { why });
  return { v1: [file], v2: [], toV1: () => [], toV2 };
}

/** The same of v2. */
function onlyV2(file: string, why: string, usual?: string): Row {
  const { toV2 } = onlyV1(file, why, usual);
  return { v1: [], v2: [file], toV1: toV2, toV2: () => [] };
}

/** What v1 shows for "no limit" is the greatest number of whole pages. */
const NO_LIMIT = (1n << 63n) - 65536n;
const isUnlimited = (value: string) =>
  /^\s*-/.test(value) || (/^\d+$/.test(value) && BigInt(value) >= NO_LIMIT);
const maxOf: Change = (value) => (isUnlimited(value) ? 'max' : value);
const minusOne: Change = (value) => (value.trim() === 'max' ? '-1' : value);
const limit = (v1: string, v2: string) => pair(v1, v2, maxOf, minusOne);

/** v1 limits memory and swap together, v2 swap alone. */
const swap: Row = {
  v1: ['memory.memsw.limit_in_bytes'],
  v2: ['memory.swap.max'],
  toV2({ value, last }) {
    const file = 'memory.swap.max';
    if (isUnlimited(value)) return [{ file, value: 'max' }];
    const memory = maxOf(last('memory.max') ?? last('memory.limit_in_bytes') ?? 'max');
    if (memory === 'max')
      return { why: 'it holds memory and swap together, and needs memory.limit_in_bytes beside it' };
    const left = bytes(value) - bytes(memory);
    if (left < 0n) throw new BadValue('it must not be less than memory.limit_in_bytes');
    return [{ file, value: String(left) }];
  },
  toV1({ value, last }) {
    const file = 'memory.memsw.limit_in_bytes';
    if (value.trim() === 'max') return [{ file, value: '-1' }];
    const memory = maxOf(last('memory.limit_in_bytes') ?? last('memory.max') ?? 'max');
    if (memory === 'max') return { why: 'v1 limits memory and swap together: it needs memory.max beside it' };
    return [{ file, value: String(bytes(memory) + bytes(value)) }];
  },
};

const cpuWeight: Row = {
  v1: ['cpu.shares'],
  v2: ['cpu.weight', 'cpu.weight.nice'],
  toV2: ({ value }) => [
    { file: 'cpu.weight', value: String(weightOfShares(wholeNumber(value, 0, Number.MAX_SAFE_INTEGER))) },
  ],
  toV1({ file, value }) {
    const nice = file === 'cpu.weight.nice';
    const shares = nice
      ? sharesOfNice(wholeNumber(value, -20, 19))
      : sharesOfWeight(wholeNumber(value, 1, 10_000));
    return [{ file: 'cpu.shares', value: String(shares) }];
  },
};

const DEFAULT_PERIOD = '100000';

const cpuQuota: Row = {
  v1: ['cpu.cfs_quota_us', 'cpu.cfs_period_us'],
  v2: ['cpu.max'],
  toV2({ last }) {
    const quota = last('cpu.cfs_quota_us')?.trim() ?? '-1';
    const period = last('cpu.cfs_period_us')?.trim() ?? DEFAULT_PERIOD;
    return [{ file: 'cpu.max', value: `${quota.startsWith('-') ? 'max' : quota} ${period}` }];
  },
  toV1({ value }) {
    const [quota = 'max', period = DEFAULT_PERIOD] = value.trim().split(/\s+/);
    return [
      { file: 'cpu.cfs_period_us', value: period },
      { file: 'cpu.cfs_quota_us', value: minusOne(quota) },
    ];
  },
};

/** "W", "default W" or "MAJOR:MINOR W". */
function weightLine(value: string, least: number, most: number): { device: string; weight: number } {
  const [, device = '', weight = ''] = /^\s*(?:default\s+|(\d+:\d+)\s+)?(\d+)\s*$/.exec(value) ?? [];
  if (weight === '') throw new BadValue('it must be a weight, or MAJOR:MINOR WEIGHT');
  return { device, weight: wholeNumber(weight, least, most) };
}

const blockWeight: Row = {
  v1: ['blkio.weight', 'blkio.weight_device', 'blkio.bfq.weight', 'blkio.bfq.weight_device'],
  v2: ['io.weight', 'io.bfq.weight'],
  toV2({ file, value, blockWeights }) {
    const isBfq = file.startsWith('blkio.bfq.');
    const { device, weight } = weightLine(value, isBfq ? 1 : 10, 1000);
    const io = isBfq ? ioOfBfq(weight) : ioOfBlkio(weight);
    if (blockWeights.length === 0)
      return { why: 'this kernel weighs block devices neither by BFQ nor by iocost' };
    return blockWeights.map((target) => {
      const number = target === 'io.weight' ? io : isBfq ? weight : bfqOfIo(io);
      return { file: target, value: device === '' ? String(number) : `${device} ${number}` };
    });
  },
  toV1({ file, value, blockWeights }) {
    const { device, weight } = weightLine(value, 1, file === 'io.weight' ? 10_000 : 1000);
    if (!blockWeights.includes('io.bfq.weight'))
      return { why: 'v1 weighs block devices by BFQ, which this kernel lacks' };
    const number = file === 'io.weight' ? bfqOfIo(weight) : weight;
    if (device === '') return [{ file: 'blkio.bfq.weight', value: String(number) }];
    return [{ file: 'blkio.bfq.weight_device', value: `${device} ${number}` }];
  },
};

const THROTTLES = new Map([
  ['rbps', 'blkio.throttle.read_bps_device'],
  ['wbps', 'blkio.throttle.write_bps_device'],
  ['riops', 'blkio.throttle.read_iops_device'],
  ['wiops', 'blkio.throttle.write_iops_device'],
]);

const blockLimit: Row = {
  v1: [...THROTTLES.values()],
  v2: ['io.max'],
  toV2({ file, value }) {
    const [, device, number] = /^\s*(\d+:\d+)\s+(\d+)\s*$/.exec(value) ?? [];
    if (device === undefined) throw new BadValue('it must be MAJOR:MINOR NUMBER');
    const [key = ''] = [...THROTTLES].find(([, name]) => name === file) ?? [];
    return [{ file: 'io.max', value: `${device} ${key}=${Number(number) === 0 ? 'max' : number}` }];
  },
  toV1({ value }) {
    const [device = '', ...limits] = value.trim().split(/\s+/);
    const settings = limits.map((each) => {
      const [, key = '', number = ''] = /^([rw](?:bps|iops))=(\d+|max)$/.exec(each) ?? [];
      return { file: THROTTLES.get(key) ?? '', value: `${device} ${number === 'max' ? '0' : number}` };
    });
    if (/^\d+:\d+$/.test(device) && settings.length > 0 && settings.every(({ file }) => file !== ''))
      return settings;
    throw new BadValue('it must be MAJOR:MINOR, then rbps= wbps= riops= or wiops= with a number or max');
  },
};

const frozenOf: Change = (value) => (value.trim() === 'FROZEN' ? '1' : '0');
const stateOf: Change = (value) => (value.trim() === '1' ? 'FROZEN' : 'THAWED');

const KERNEL_MEMORY = 'v2 counts kernel memory in memory.max';
const PARTITION = 'v2 parts processors by cpuset.cpus.partition, which needs the groups above to take part';
const NO_SPREAD = 'v2 leaves it to the memory policy of processes';
const NO_REALTIME = 'v2 has no limits for realtime processes';
const NO_TRAFFIC = 'v2 has no such mark: nftables\' "socket cgroupv2" matches the group\'s path';
const NO_ELEVATION = 'v1 has no such step below its limit';
const NO_CORE = 'v1 has no limits for groups themselves';

/** "*" stands for one word between dots. */
export const table: readonly Row[] = [
  limit('memory.limit_in_bytes', 'memory.max'),
  // What is above the one and below the other is what goes first when memory is short; the usual value stays it.
  pair(
    'memory.soft_limit_in_bytes',
    'memory.low',
    (value) => (isUnlimited(value) ? '0' : value),
    (value) => (['0', 'max'].includes(value.trim()) ? '-1' : value),
  ),
  swap,
  pair('memory.usage_in_bytes', 'memory.current'),
  pair('memory.max_usage_in_bytes', 'memory.peak'),
  onlyV1('memory.kmem.limit_in_bytes', KERNEL_MEMORY, '-1'),
  onlyV1('memory.kmem.tcp.limit_in_bytes', KERNEL_MEMORY, '-1'),
  onlyV1(
    'memory.swappiness',
    'v2 has one vm.swappiness for the host; memory.swap.max = 0 keeps a group out of swap',
  ),
  onlyV1('memory.oom_control', 'v2 cannot switch the killer off', '0'),
  onlyV1('memory.move_charge_at_immigrate', 'v2 leaves memory where it was charged', '0'),
  onlyV1('memory.use_hierarchy', 'v2 always counts the groups below', '1'),
  onlyV2('memory.high', NO_ELEVATION, 'max'),
  onlyV2('memory.min', 'v1 has no memory that is never taken back', '0'),
  onlyV2('memory.swap.high', NO_ELEVATION, 'max'),
  onlyV2('memory.oom.group', 'v1 kills one process at a time', '0'),
  onlyV2('memory.zswap.max', 'v1 has no limit for zswap', 'max'),
  onlyV2('memory.zswap.writeback', 'v1 has no switch for it', '1'),
  cpuWeight,
  cpuQuota,
  pair('cpu.cfs_burst_us', 'cpu.max.burst'),
  ...['cpu.idle', 'cpu.uclamp.min', 'cpu.uclamp.max'].map(same),
  onlyV1('cpu.rt_runtime_us', NO_REALTIME, '0'),
  onlyV1('cpu.rt_period_us', NO_REALTIME, '1000000'),
  ...['cpuset.cpus', 'cpuset.mems'].map(same),
  onlyV1('cpuset.cpu_exclusive', PARTITION, '0'),
  onlyV1('cpuset.mem_exclusive', 'v2 has no memory nodes of one group alone', '0'),
  onlyV1('cpuset.mem_hardwall', 'v2 has no memory nodes of one group alone', '0'),
  onlyV1('cpuset.memory_migrate', 'v2 always moves memory along', '1'),
  onlyV1('cpuset.memory_spread_page', NO_SPREAD, '0'),
  onlyV1('cpuset.memory_spread_slab', NO_SPREAD, '0'),
  onlyV1('cpuset.sched_load_balance', PARTITION, '1'),
  onlyV1('cpuset.sched_relax_domain_level', 'v2 has no such setting', '-1'),
  onlyV2('cpuset.cpus.partition', "v1's cpuset.cpu_exclusive means less than a partition", 'member'),
  onlyV2('cpuset.cpus.exclusive', "v1's cpuset.cpu_exclusive means less than a partition"),
  same('pids.max'),
  same('pids.current'),
  blockWeight,
  blockLimit,
  pair('blkio.prio.class', 'io.prio.class'),
  onlyV1('blkio.leaf_weight', 'v2 takes no processes beside groups'),
  onlyV1('blkio.leaf_weight_device', 'v2 takes no processes beside groups'),
  onlyV2('io.latency', 'v1 has no target of latency'),
  limit('hugetlb.*.limit_in_bytes', 'hugetlb.*.max'),
  limit('hugetlb.*.rsvd.limit_in_bytes', 'hugetlb.*.rsvd.max'),
  pair('hugetlb.*.usage_in_bytes', 'hugetlb.*.current'),
  ...['rdma.max', 'misc.max', 'dmem.max', 'dmem.min', 'dmem.low'].map(same),
  pair('freezer.state', 'cgroup.freeze', frozenOf, stateOf),
  onlyV1('net_cls.classid', NO_TRAFFIC),
  onlyV1('net_prio.ifpriomap', NO_TRAFFIC),
  onlyV2('cgroup.max.depth', NO_CORE, 'max'),
  onlyV2('cgroup.max.descendants', NO_CORE, 'max'),
];
