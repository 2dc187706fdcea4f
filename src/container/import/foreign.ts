export type Line = readonly [key: string, value: string];

/** What it had of its host. */
export interface ForeignDevice {
  /** For people: "device data (disk)". */
  readonly label: string;
  readonly lines: readonly Line[];
  /** Why there is no line; "" where there are. */
  readonly why: string;
}

/** A container of another manager's: what of it TLXC has keys for, and what it leaves behind. */
export interface Foreign {
  /** What it was called there; "" where nothing tells. */
  readonly name: string;
  /** Where its root filesystem is in the archive; "": at the top. */
  readonly prefix: string;
  /** Members that are about the container, not of it. */
  readonly excludes: readonly string[];
  /** Lines of its configuration. */
  readonly lines: readonly Line[];
  readonly devices: readonly ForeignDevice[];
  /** Of its first network interface; "": none is told. */
  readonly hwaddr: string;
  /** Settings that were there and are not taken over: "limits.processes = 500". */
  readonly leftOut: readonly string[];
}

export const NOTHING_TOLD: Foreign = {
  ...{ name: '', prefix: '', excludes: [], lines: [], devices: [], hwaddr: '', leftOut: [] },
};

/** What control groups of version 2 take: a quota of each 100 ms. */
export const cpuLines = (cores: number): Foreign['lines'] => [
  ['lxc.cgroup2.cpu.max', `${Math.round(cores * 100_000)} 100000`],
];

export const HWADDR = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i;

const UNITS: Readonly<Record<string, number>> = {
  ...{ '': 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
};

/** "512MiB" as bytes; null for what is no plain amount ("50%"). */
export function amountOf(text: string): number | null {
  const [, digits, unit = ''] = /^(\d{1,15}) ?([A-Za-z]*)$/.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return digits === undefined || factor === undefined ? null : Number(digits) * factor;
}

export const memoryLines = (bytes: number): Foreign['lines'] => [['lxc.cgroup2.memory.max', String(bytes)]];
