/** Limits that mean the same in both cgroup worlds, under another name or scale. */
interface CgroupValue {
  readonly file: string;
  readonly value: string;
}

/** Least, default and greatest, from the kernel's Documentation/admin-guide/cgroup-v2.rst; a default stays a default. */
const SHARES = { least: 2, usual: 1024, most: 262144 };
const WEIGHT = { least: 1, usual: 100, most: 10000 };
const DEFAULT_PERIOD = '100000';

/** The settings of the other world, or nothing where there is no equal. all: the other settings written beside it. */
export function translateSetting(
  setting: CgroupValue,
  from: 1 | 2,
  all: readonly CgroupValue[],
): readonly CgroupValue[] | undefined {
  return from === 1 ? toVersion2(setting, all) : toVersion1(setting);
}

function toVersion1({ file, value }: CgroupValue): readonly CgroupValue[] | undefined {
  switch (file) {
    case 'memory.max':
      return [{ file: 'memory.limit_in_bytes', value: value === 'max' ? '-1' : value }];
    case 'cpu.weight':
      return scaled('cpu.shares', value, WEIGHT, SHARES);
    case 'cpu.max': {
      const [quota = 'max', period = DEFAULT_PERIOD] = value.split(/\s+/);
      return [
        { file: 'cpu.cfs_period_us', value: period },
        { file: 'cpu.cfs_quota_us', value: quota === 'max' ? '-1' : quota },
      ];
    }
    default:
      return sameInBoth(file, value);
  }
}

function toVersion2(
  { file, value }: CgroupValue,
  all: readonly CgroupValue[],
): readonly CgroupValue[] | undefined {
  const last = (name: string) => all.findLast((each) => each.file === name)?.value;
  switch (file) {
    case 'memory.limit_in_bytes':
      return [{ file: 'memory.max', value: value === '-1' ? 'max' : value }];
    case 'cpu.shares':
      return scaled('cpu.weight', value, SHARES, WEIGHT);
    case 'cpu.cfs_quota_us':
    case 'cpu.cfs_period_us': {
      const quota = last('cpu.cfs_quota_us') ?? '-1';
      return [
        {
          file: 'cpu.max',
          value: `${quota === '-1' ? 'max' : quota} ${last('cpu.cfs_period_us') ?? DEFAULT_PERIOD}`,
        },
      ];
    }
    default:
      return sameInBoth(file, value);
  }
}

const SAME = new Set(['pids.max', 'cpuset.cpus', 'cpuset.mems']);

function sameInBoth(file: string, value: string): readonly CgroupValue[] | undefined {
  return SAME.has(file) ? [{ file, value }] : undefined;
}

type Scale = typeof SHARES;

function scaled(file: string, value: string, from: Scale, to: Scale): readonly CgroupValue[] | undefined {
  if (!/^\d+$/.test(value)) return undefined;
  const number = Math.round((Number(value) * to.usual) / from.usual);
  return [{ file, value: String(Math.min(Math.max(number, to.least), to.most)) }];
}
