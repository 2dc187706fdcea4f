/** Values that are what they look like: numbers, switches, words, paths. */
import { posix } from 'node:path';
import { accepting, BadValue, type ParseContext } from '../key.ts';

export const text = (value: string): string => value;

export const flag = accepting({ words: ['0', '1'] }, (value: string): boolean => {
  if (value === '0' || value === '1') return value === '1';
  throw new BadValue('it must be 0 or 1');
});

export const showFlag = (value: boolean): string => (value ? '1' : '0');

/** A whole number between two bounds, in decimal: 010 would be 8 to LXC, and ten to everybody else. */
export const whole = (least: number, most: number) =>
  accepting({ range: [least, most] }, (value: string): number => {
    const number = /^-?(0|[1-9]\d*)$/.test(value) ? Number(value) : NaN;
    if (number >= least && number <= most) return number;
    throw new BadValue(`it must be a whole number from ${least} to ${most}`);
  });

/** One of a few words. */
export const oneOf = <T extends string>(...allowed: readonly T[]) =>
  accepting({ words: allowed }, (value: string): T => {
    const found = allowed.find((word) => word === value);
    if (found !== undefined) return found;
    throw new BadValue(`it must be one of ${allowed.join(', ')}`);
  });

export const words = (value: string): readonly string[] => value.split(/[ \t]+/).filter(Boolean);

export const absolutePath = accepting({ pattern: '/.*' }, (value: string): string => {
  if (value.startsWith('/')) return posix.normalize(value);
  throw new BadValue('it must be an absolute path');
});

/** A path on the host; a relative one begins at the directory of the file that names it. */
export const hostPath = (value: string, { directory }: Pick<ParseContext, 'directory'>): string =>
  posix.resolve(directory, value);

/** A path below some other place: it must not lead out of there. */
export const relativePath = accepting({ pattern: '[^/].*' }, (value: string): string => {
  const normal = posix.normalize(value);
  if (!value.startsWith('/') && normal !== '..' && !normal.startsWith('../') && normal !== '.') {
    return normal.replace(/\/$/, '');
  }
  throw new BadValue('it must be a relative path that does not lead out by ".."');
});

/** VAR=VALUE as it is, VAR with the caller's value. */
export function environmentVariable(value: string, { environment }: ParseContext): string {
  if (value.startsWith('=')) throw new BadValue('it must be VAR=VALUE or VAR');
  if (value.includes('=')) return value;
  const inherited = environment[value];
  if (inherited !== undefined) return `${value}=${inherited}`;
  throw new BadValue(`the caller's environment has no ${value} to copy; write ${value}=VALUE`);
}

const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, KB: 1024, MB: 1024 ** 2, GB: 1024 ** 3 };
const PAGE = 4096;
const SIZE = '\\d{1,12}[ \\t]*([KkMmGg]?[Bb])?';

/** lxc.console.size and .buffer.size: bytes, rounded up to a power of 2 that is at least a page; 0 is off. */
export const bufferSize = accepting({ words: ['auto'], pattern: SIZE }, (value: string): number => {
  if (value === 'auto') return 128 * 1024;
  const [, digits = '', unit = ''] = /^(\d{1,12})[ \t]*([KMG]?B)?$/i.exec(value) ?? [];
  const bytes = digits === '' ? NaN : Number(digits) * (UNITS[unit.toUpperCase()] ?? NaN);
  if (bytes === 0) return 0;
  if (bytes <= 2 ** 40) return 2 ** Math.ceil(Math.log2(Math.max(bytes, PAGE)));
  throw new BadValue('it must be auto, or a size such as 131072, 128KB, 1MB or 1GB, at most 1024GB');
});

/** tlxc.rootfs.volatile: 0 is off, 1 as much as the kernel gives a tmpfs, all else bytes. */
export const volatileSize = accepting({ words: ['0', '1'], pattern: SIZE }, (value: string): number => {
  if (value === '0' || value === '1') return Number(value);
  const [, digits = '', unit = ''] = /^(\d{1,12})[ \t]*([KMG]?B)$/i.exec(value) ?? [];
  const bytes = Number(digits) * (UNITS[unit.toUpperCase()] ?? NaN);
  if (digits !== '' && bytes >= PAGE && bytes <= 2 ** 50) return bytes;
  throw new BadValue('it must be 0, 1, or a size such as 65536B, 512MB or 2GB');
});

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'NOTICE', 'WARN', 'ERROR', 'CRIT', 'ALERT', 'FATAL'] as const;
const LEVEL = { words: LEVELS, range: [0, 8], anyCase: true } as const;

/** A log level by name, in any case, or by LXC's number. */
export const logLevel = accepting(LEVEL, (value: string): string => {
  const level = /^\d$/.test(value)
    ? LEVELS[Number(value)]
    : LEVELS.find((name) => name === value.toUpperCase());
  if (level !== undefined) return level;
  throw new BadValue(`it must be one of ${LEVELS.join(', ')}, or a number from 0 to 8`);
});

const FACILITIES = ['daemon', ...[0, 1, 2, 3, 4, 5, 6, 7].map((number) => `local${number}`)];

/** A facility of syslog(3) that LXC takes, as it was written. */
export const syslogFacility = accepting({ words: FACILITIES, anyCase: true }, (value: string): string => {
  if (FACILITIES.includes(value.toLowerCase())) return value;
  throw new BadValue('it must be daemon or one of local0 to local7');
});

const ARCHITECTURES = {
  linux32: 'arm armel armhf armv7l athlon i386 i486 i586 i686 linux32 mips mipsel ppc powerpc x32 x86'.split(
    ' ',
  ),
  linux64: (
    'aarch64 amd64 arm64 linux64 loong64 loongarch64 mips64 mips64el ppc64 ppc64el ppc64le powerpc64 ' +
    'riscv64 s390x x86_64'
  ).split(' '),
} as const;

const KNOWN = [...ARCHITECTURES.linux64, ...ARCHITECTURES.linux32].sort();

/** lxc.arch: what personality(2) init gets. */
export const architecture = accepting({ words: KNOWN }, (value: string): 'linux32' | 'linux64' => {
  if (ARCHITECTURES.linux64.includes(value)) return 'linux64';
  if (ARCHITECTURES.linux32.includes(value)) return 'linux32';
  throw new BadValue('it is no architecture known here');
});
