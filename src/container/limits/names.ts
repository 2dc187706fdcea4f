/** Limits by names that people use, each one file of a control group in cgroup v2's words. */
import { lstatSync } from 'node:fs';
import { BadValue } from '../../config/key.ts';
import { bytes, UNITS } from '../../config/values/cgroup-numbers.ts';

/** What of a container can be limited, in a word each; tlxc-set(1) tells what it takes. */
export type LimitName =
  | 'memory'
  | 'memory-high'
  | 'memory-low'
  | 'swap'
  | 'cpus'
  | 'cpu-weight'
  | 'cpuset'
  | 'mems'
  | 'pids'
  | 'io-weight'
  | 'read'
  | 'write'
  | 'read-iops'
  | 'write-iops';

export interface Limit {
  readonly name: LimitName;
  /** As it is typed, and what it means: for --help and the manual. */
  readonly syntax: string;
  readonly doc: string;
  /** memory.max */
  readonly file: string;
  /** What the file means without a limit. */
  readonly none: string;
  /** The file's value. Throws BadValue. */
  readonly parse: (text: string) => string;
  /** A value of the file as it would be typed; null: no limit. */
  readonly show: (value: string) => string | null;
  /** Of the throttles: each device has a value of its own, in a part of the file's line of it. */
  readonly part?: 'rbps' | 'wbps' | 'riops' | 'wiops';
}

const PERIOD = 100_000;
const LEAST_QUOTA = 1000;

/** 1536M: the largest unit of which it is a whole number. */
export function shownSize(text: string): string {
  let [size, unit] = [bytes(text), 0];
  for (; size !== 0n && size % 1024n === 0n && unit < UNITS.length - 1; unit++) size /= 1024n;
  return `${size}${UNITS[unit] ?? ''}`;
}

const asTyped = (text: string): string => text.trim();
const orNone =
  (none: string, show: (value: string) => string = asTyped) =>
  (value: string): string | null =>
    value.trim() === none || value.trim() === '' ? null : show(value.trim());

const size = (name: LimitName, file: string, doc: string, none = 'max'): Limit => ({
  ...{ name, file, doc, none, syntax: 'SIZE' },
  parse: asTyped,
  show: orNone(none, shownSize),
});

function parseCpus(text: string): string {
  const cpus = /^\d{1,5}(\.\d+)?$/.test(text.trim()) ? Number(text) : 0;
  const quota = Math.round(cpus * PERIOD);
  if (quota < LEAST_QUOTA) throw new BadValue('it must be a number of processors, 0.01 or more, such as 1.5');
  return `${quota} ${PERIOD}`;
}

function showCpus(value: string): string | null {
  const [quota = 'max', period = String(PERIOD)] = value.trim().split(/\s+/);
  return quota === 'max' ? null : String(Math.round((Number(quota) / Number(period)) * 1000) / 1000);
}

/** The line "default W"; others are of single devices. */
const defaultWeight = (value: string): string => /^(?:default )?(\d+)$/m.exec(value)?.[1] ?? '100';

/** MAJOR:MINOR of a block device, given so or by its path. Throws BadValue. */
function deviceNumber(text: string): string {
  if (/^\d+:\d+$/.test(text)) return text;
  try {
    const status = lstatSync(text);
    // As the kernel packs them: 12 bits of major, 20 of minor.
    const major = ((status.rdev >> 8) & 0xfff) >>> 0;
    const minor = (status.rdev & 0xff) | ((status.rdev >> 12) & 0xfff00);
    if (status.isBlockDevice()) return `${major}:${minor}`;
  } catch {
    // told below
  }
  throw new BadValue(`'${text}' is no block device: give its path, /dev/sda, or its number, 8:0`);
}

function throttle(name: LimitName, part: NonNullable<Limit['part']>, doc: string): Limit {
  const parse = (text: string): string => {
    const [, device = '', rate = ''] = /^(.+):([^:]+)$/.exec(text.trim()) ?? [];
    if (rate === '') throw new BadValue('it must be DEVICE:RATE, such as /dev/sda:10M or 8:0:10M');
    return `${deviceNumber(device)} ${part}=${rate === 'max' ? rate : bytes(rate)}`;
  };
  const show = (value: string): string | null => {
    const lines = value.split('\n').flatMap((line) => {
      const [, device, rate] = new RegExp(`^(\\d+:\\d+) .*\\b${part}=(\\d+)`).exec(line) ?? [];
      return device === undefined || rate === undefined ? [] : [`${device}:${shownSize(rate)}`];
    });
    return lines.length === 0 ? null : lines.join(',');
  };
  return { name, file: 'io.max', doc, syntax: 'DEVICE:RATE', none: `${part}=max`, part, parse, show };
}

export const LIMITS: readonly Limit[] = [
  size('memory', 'memory.max', 'The memory that it may use.'),
  size(
    'memory-high',
    'memory.high',
    'From here on it is slowed down and its memory taken back (cgroup v2 only).',
  ),
  size(
    'memory-low',
    'memory.low',
    'What it keeps when memory is short, as long as others have more than theirs.',
    '0',
  ),
  size('swap', 'memory.swap.max', 'The swap that it may use beside its memory.'),
  {
    ...{ name: 'cpus', file: 'cpu.max', syntax: 'NUMBER', none: `max ${PERIOD}` },
    doc: "How many processors' time it may use: 1.5, say.",
    parse: parseCpus,
    show: showCpus,
  },
  {
    ...{ name: 'cpu-weight', file: 'cpu.weight', syntax: '1-10000', none: '100' },
    doc: 'Its share of the processors where others want them, too; 100 is usual.',
    parse: asTyped,
    show: orNone('100'),
  },
  {
    ...{ name: 'cpuset', file: 'cpuset.cpus', syntax: 'LIST', none: '' },
    doc: 'The processors that it may run on: 0-3,8.',
    parse: asTyped,
    show: orNone(''),
  },
  {
    ...{ name: 'mems', file: 'cpuset.mems', syntax: 'LIST', none: '' },
    doc: 'The memory nodes that it may use.',
    parse: asTyped,
    show: orNone(''),
  },
  {
    ...{ name: 'pids', file: 'pids.max', syntax: 'NUMBER', none: 'max' },
    doc: 'How many processes and threads it may have.',
    parse: asTyped,
    show: orNone('max'),
  },
  {
    ...{ name: 'io-weight', file: 'io.weight', syntax: '1-10000', none: '100' },
    doc: 'Its share of block devices where others want them, too; 100 is usual.',
    parse: asTyped,
    show: (value) => orNone('100')(defaultWeight(value)),
  },
  throttle('read', 'rbps', 'What it may read from a block device in a second, bytes: /dev/sda:10M.'),
  throttle('write', 'wbps', 'What it may write to it in a second.'),
  throttle('read-iops', 'riops', 'How many times it may read from it in a second.'),
  throttle('write-iops', 'wiops', 'How many times it may write to it in a second.'),
];
