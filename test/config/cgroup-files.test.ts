/** Values of control group files: what is refused when a configuration is loaded, and that kernels agree. */
import test from 'ava';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BadValue } from '../../src/config/key.ts';
import { checkCgroupFile } from '../../src/config/values/cgroup-files.ts';
import { table } from '../../src/plan/cgroup-table.ts';
import { requires } from '../rig/requires.ts';
import { makeWorld } from '../rig/world.ts';

interface Answer {
  readonly refused?: string;
  readonly word?: string | undefined;
  readonly warning?: string;
}

function answer(file: string, value: string): Answer {
  const warnings: string[] = [];
  try {
    checkCgroupFile(file, value, (message) => warnings.push(message));
    return warnings[0] === undefined ? {} : { warning: warnings[0] };
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    return { refused: error.message, word: error.fault.word };
  }
}

const BYTES = {
  good: ['512M', '0x1000', '1073741824', '2g', '0'],
  bad: ['lots', '512MB', '1.5G', '-2', '64 M', '08'],
};
const FLAG = { good: ['0', '1', '0x1'], bad: ['2', 'yes', '-1'] };
const WEIGHT = {
  good: ['100', 'default 100', '8:0 100', '8:0 default'],
  bad: ['0', 'heavy', '8:0', '8:0 0', '20000'],
};
const THROTTLE = { good: ['8:0 1048576', '8:0 0'], bad: ['lots', '1048576', '8:0', '8:0 max', 'sda 5'] };
const LIST = {
  good: ['0', '0-3,6', '0 2', '0-7:1/2', 'all', 'N', '0-N'],
  bad: ['two', '3-1', '0-', '0;1', '0-7:3/2'],
};

/** What each file takes and refuses. */
const FILES: Readonly<Record<string, { good: readonly string[]; bad: readonly string[] }>> = {
  'memory.limit_in_bytes': { good: [...BYTES.good, '-1'], bad: [...BYTES.bad, 'max'] },
  'memory.memsw.limit_in_bytes': { good: [...BYTES.good, '-1'], bad: BYTES.bad },
  'memory.max': { good: [...BYTES.good, 'max'], bad: [...BYTES.bad, '-1'] },
  'memory.swap.max': { good: [...BYTES.good, 'max'], bad: BYTES.bad },
  'hugetlb.2MB.max': { good: ['4M', 'max'], bad: ['lots', '-1'] },
  'hugetlb.1GB.rsvd.limit_in_bytes': { good: ['1G', '-1'], bad: ['lots', 'max'] },
  'memory.swappiness': { good: ['0', '200', '+5', '010'], bad: ['201', '-1', 'low'] },
  'memory.oom_control': FLAG,
  'memory.oom.group': FLAG,
  'cpu.idle': FLAG,
  'cgroup.freeze': FLAG,
  'cpu.shares': { good: ['2', '1024', '99999999'], bad: ['-1', 'half', '1.5'] },
  'cpu.weight': { good: ['1', '10000'], bad: ['0', '10001', 'heavy'] },
  'cpu.weight.nice': { good: ['-20', '19'], bad: ['-21', '20'] },
  'cpu.cfs_period_us': { good: ['1000', '1000000'], bad: ['999', '1000001'] },
  'cpu.cfs_quota_us': { good: ['-1', '1000', '400000'], bad: ['0', '999', 'max'] },
  'cpu.max': {
    good: ['max', '20000', '20000 50000', 'max 100000'],
    bad: ['20%', '-1', '500', '20000 500', 'maximum'],
  },
  'cpu.uclamp.min': { good: ['max', '20', '20.50'], bad: ['120', 'half', '-1'] },
  'cpuset.cpus': LIST,
  'cpuset.mems': LIST,
  'cpuset.cpus.partition': { good: ['member', 'root', 'isolated'], bad: ['Root', 'rot'] },
  'pids.max': { good: ['max', '0', '4194304'], bad: ['-1', '4194305', 'many'] },
  'cgroup.max.depth': { good: ['max', '5'], bad: ['-1', 'deep'] },
  'blkio.bfq.weight': { good: ['1', '1000'], bad: ['0', '1001', 'default 5'] },
  'io.bfq.weight': WEIGHT,
  'io.weight': WEIGHT,
  'blkio.throttle.read_bps_device': THROTTLE,
  'blkio.throttle.write_iops_device': THROTTLE,
  'io.max': {
    good: ['8:0 rbps=1048576 wiops=max'],
    bad: ['lots', '8:0', '8:0 1048576', '8:0 rbps=lots', '8:0 bps=5'],
  },
  'io.latency': { good: ['8:0 target=5000'], bad: ['5000', '8:0 5000'] },
  'io.prio.class': { good: ['idle', 'restrict-to-be'], bad: ['realtime', 'restrict-to-rt'] },
  'freezer.state': { good: ['THAWED', 'FROZEN'], bad: ['frozen', 'THAW'] },
  'net_cls.classid': { good: ['0x100001', '1048577'], bad: ['10:1'] },
};

for (const [file, { good, bad }] of Object.entries(FILES)) {
  test(`${file}: good and bad values`, (t) => {
    for (const value of good) t.deepEqual(answer(file, value), {}, value);
    for (const value of bad) t.regex(answer(file, value).refused ?? '', /^it must be .{10}/, value);
  });
}

test('of a value with parts, the wrong one is marked', (t) => {
  t.is(answer('cpuset.cpus', '0-3,x,6').word, 'x');
  t.is(answer('io.max', '8:0 rbps=1048576 wps=1').word, 'wps=1');
});

test('units that a file does not take, and the kernel leaves in silence, are warned of', (t) => {
  const warning = 'the kernel reads 1 and leaves "M": this file takes no units';
  t.deepEqual(answer('io.max', '8:0 rbps=1M'), { warning });
  t.deepEqual(answer('blkio.throttle.read_bps_device', '8:0 1M'), { warning });
});

test('a file that is not known takes anything', (t) => {
  t.deepEqual(answer('memory.reclaim', 'anything'), {});
});

/** Only read, reset by any value, gone with CFQ, or named after devices that the kernel knows. */
const KERNELS_TO_JUDGE = (
  'memory.usage_in_bytes memory.current memory.max_usage_in_bytes memory.peak pids.current hugetlb.2MB.usage_in_bytes ' +
  'hugetlb.2MB.current blkio.leaf_weight blkio.leaf_weight_device rdma.max misc.max dmem.max dmem.min dmem.low ' +
  'net_prio.ifpriomap'
).split(' ');

test('every file that is translated has its values checked', (t) => {
  const files = new Set(
    table.flatMap(({ v1, v2 }) => [...v1, ...v2]).map((file) => file.replace('*', '2MB')),
  );
  const unchecked = [...files].filter((file) => answer(file, '\u0000 no value').refused === undefined);
  t.deepEqual(unchecked.sort(), KERNELS_TO_JUDGE.sort());
});

/** Values of all kinds, and some of the borders. */
const VALUES = [
  ...Object.values(FILES).flatMap(({ good, bad }) => [...good, ...bad]),
  ...[
    'K',
    '0100000K',
    '0x4G',
    '-5',
    ' 64M ',
    ' 5',
    '+64M',
    '1.5',
    '1E',
    ',0,',
    'ALL',
    'all:1/2',
    '0-1:0/0',
    '20000us 100000',
  ],
  ...[
    '50%',
    '.5',
    '5.',
    '100.1',
    '20000 100000 x',
    'default',
    '01000',
    '01000 09000',
    '01750',
    '2147483648',
    '18446744073709551616',
  ],
];

function write(path: string, value: string): boolean {
  try {
    writeFileSync(path, value);
    return true;
  } catch {
    return false;
  }
}

/** The values that a file takes and that would be refused before. */
const wronged = (path: string, file: string): string[] =>
  [...new Set(VALUES)].filter((value) => write(path, value) && answer(file, value).refused !== undefined);

requires('root')('nothing is refused that this kernel takes', async (t) => {
  const world = await makeWorld(t);
  const names = [...Object.keys(FILES), ...table.flatMap(({ v1, v2 }) => [...v1, ...v2])];
  const files = new Set(names.map((name) => name.replace('*', '2MB')));
  for (const root of world.holder.groups) {
    const group = join(root, 'probe');
    mkdirSync(group);
    try {
      for (const file of files) {
        const path = join(group, file);
        if (existsSync(path)) t.deepEqual(wronged(path, file), [], file);
      }
    } finally {
      rmdirSync(group);
    }
  }
});
