/** What tlxc-top shows: the columns of its two tables, and the orders that a key chooses. Pure. */
import type { Measurement } from '../container/info/meter.ts';
import type { ContainerProcess } from '../container/info/processes.ts';

export interface Cell {
  readonly text: string;
  /** Stands out. */
  readonly alarm?: 'yellow' | 'red';
}

export interface Column<T> {
  readonly title: string;
  readonly width: number;
  /** The sort key whose numbers these are. */
  readonly key: string;
  /** Columns that a narrow terminal has no room for are left out, the highest number first. */
  readonly importance: number;
  readonly cell: (row: T) => Cell;
  /** Shown only where a row has something to show there, or where it is sorted by. */
  readonly rare?: (row: T) => boolean;
}

/** What a sort key orders by: names upwards, numbers downwards; what is not known is last. */
export interface Order<T> {
  readonly key: string;
  readonly words: string;
  readonly value: (row: T) => string | number | null | undefined;
}

export interface Process extends ContainerProcess {
  /** Since the look before. */
  readonly cpuPercent: number | null;
}

type Number = number | null | undefined;

const UNITS = ['', 'K', 'M', 'G', 'T', 'P'];

/** At most five characters: 17, 1.5K, 123M. */
export function shortSize(bytes: Number): string {
  if (bytes === null || bytes === undefined) return '-';
  let [value, unit] = [bytes, 0];
  for (; value >= 999.5 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${unit === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)}${UNITS[unit] ?? ''}`;
}

const orDash = (number: Number, print: (number: number) => string): string =>
  number === null || number === undefined ? '-' : print(number);

/** 9.99 s to 999:59:59, as top(1) writes processors' time. */
export function cpuTime(nanoseconds: Number): string {
  return orDash(nanoseconds, (ns) => {
    const seconds = ns / 1e9;
    if (seconds < 60) return `${seconds.toFixed(2)}s`;
    const [hours, minutes, rest] = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map(Math.floor);
    const two = (part: number | undefined) => String(part).padStart(2, '0');
    return hours === 0 ? `${minutes}:${two(rest)}` : `${hours}:${two(minutes)}:${two(rest)}`;
  });
}

const plain = (text: string): Cell => ({ text });
const percent = (number: Number): string => orDash(number, (value) => value.toFixed(1));

/** Red from nine tenths of a limit on, yellow from seven. */
function limited(used: Number, most: Number, text: string): Cell {
  if (!used || !most) return { text };
  const share = used / most;
  return share >= 0.9 ? { text, alarm: 'red' } : share >= 0.7 ? { text, alarm: 'yellow' } : { text };
}

const highestPressure = ({ pressure }: Measurement): number | null => {
  const known = Object.values(pressure ?? {}).filter((share): share is number => typeof share === 'number');
  return known.length === 0 ? null : Math.max(...known);
};

function pressureCell(row: Measurement): Cell {
  const { cpu, memory, io } = row.pressure ?? {};
  const text = [cpu, memory, io]
    .map((share) => orDash(share, (value) => String(Math.round(value))))
    .join('/');
  const highest = highestPressure(row) ?? 0;
  return highest >= 50 ? { text, alarm: 'red' } : highest >= 10 ? { text, alarm: 'yellow' } : { text };
}

function healthCell({ running }: Measurement): Cell {
  const status = running?.health?.status;
  const text = status ?? '-';
  return status === 'unhealthy'
    ? { text, alarm: 'red' }
    : status === 'starting'
      ? { text, alarm: 'yellow' }
      : { text };
}

const sum = (a: Number, b: Number): number | null =>
  a === null || a === undefined ? (b ?? null) : a + (b ?? 0);

/** In their order on the screen. The name comes first and takes what is left. */
export const containerColumns: readonly Column<Measurement>[] = [
  {
    ...{ title: 'STATE', width: 12, key: '', importance: 1, cell: ({ state }) => plain(state) },
    rare: ({ state }) => state !== 'RUNNING',
  },
  {
    ...{ title: 'HEALTH', width: 9, key: '', importance: 1, cell: healthCell },
    rare: ({ running }) => running?.health !== undefined,
  },
  { title: 'CPU%', width: 6, key: 'c', importance: 1, cell: (row) => plain(percent(row.cpuPercent)) },
  { title: 'TIME', width: 9, key: 't', importance: 8, cell: (row) => plain(cpuTime(row.cpuNanoseconds)) },
  {
    ...{ title: 'MEM', width: 6, key: 'm', importance: 2 },
    cell: (row) => limited(row.memoryBytes, row.memoryLimitBytes, shortSize(row.memoryBytes)),
  },
  {
    ...{ title: 'LIMIT', width: 6, key: '', importance: 5 },
    cell: (row) => plain(shortSize(row.memoryLimitBytes)),
    rare: ({ memoryLimitBytes }) => typeof memoryLimitBytes === 'number',
  },
  {
    ...{ title: 'MEM+SW', width: 7, key: 's', importance: 10 },
    cell: (row) => plain(shortSize(row.memoryAndSwapBytes)),
    rare: ({ swapBytes }) => (swapBytes ?? 0) > 0,
  },
  {
    ...{ title: 'KMEM', width: 6, key: 'k', importance: 11 },
    cell: (row) => plain(shortSize(row.kernelMemoryBytes)),
  },
  {
    ...{ title: 'READ/s', width: 7, key: 'b', importance: 6 },
    cell: (row) => plain(shortSize(row.blockReadRate)),
  },
  {
    ...{ title: 'WRIT/s', width: 7, key: 'b', importance: 6 },
    cell: (row) => plain(shortSize(row.blockWriteRate)),
  },
  { title: 'RX/s', width: 6, key: 'w', importance: 7, cell: (row) => plain(shortSize(row.rxRate)) },
  { title: 'TX/s', width: 6, key: 'w', importance: 7, cell: (row) => plain(shortSize(row.txRate)) },
  {
    ...{ title: 'PIDS', width: 6, key: 'p', importance: 3 },
    cell: (row) => limited(row.tasks, row.taskLimit, orDash(row.tasks, String)),
  },
  {
    ...{ title: 'PRESSURE', width: 9, key: 'u', importance: 9, cell: pressureCell },
    rare: (row) => highestPressure(row) !== null,
  },
];

export const containerOrders: readonly Order<Measurement>[] = [
  { key: 'n', words: 'name', value: ({ name }) => name },
  { key: 'c', words: 'cpu', value: ({ cpuPercent }) => cpuPercent },
  { key: 't', words: 'time', value: ({ cpuNanoseconds }) => cpuNanoseconds },
  { key: 'm', words: 'memory', value: ({ memoryBytes }) => memoryBytes },
  { key: 's', words: 'with swap', value: ({ memoryAndSwapBytes }) => memoryAndSwapBytes },
  { key: 'k', words: 'kernel memory', value: ({ kernelMemoryBytes }) => kernelMemoryBytes },
  { key: 'b', words: 'block', value: (row) => sum(row.blockReadRate, row.blockWriteRate) },
  { key: 'w', words: 'network', value: (row) => sum(row.rxRate, row.txRate) },
  { key: 'p', words: 'pids', value: ({ tasks }) => tasks },
  { key: 'u', words: 'pressure', value: highestPressure },
];

/** Of batch output, where LXC's keys mean totals. */
export const totalOrders: readonly Order<Measurement>[] = containerOrders.map((order) => {
  if (order.key === 'c') return { ...order, value: (row) => row.cpuNanoseconds };
  if (order.key === 'b') return { ...order, value: (row) => row.blockBytes };
  if (order.key === 'w') return { ...order, value: (row) => sum(row.rxBytes, row.txBytes) };
  return order;
});

/** The command comes last and takes what is left. */
export const processColumns: readonly Column<Process>[] = [
  { title: 'PID', width: 8, key: 'p', importance: 1, cell: ({ pid }) => plain(String(pid)) },
  {
    ...{ title: 'INSIDE', width: 8, key: 'i', importance: 4 },
    cell: ({ insidePid }) => plain(orDash(insidePid, String)),
  },
  {
    title: 'UID',
    width: 6,
    key: '',
    importance: 6,
    cell: ({ insideUid }) => plain(orDash(insideUid, String)),
  },
  { title: 'S', width: 1, key: '', importance: 5, cell: ({ state }) => plain(state) },
  { title: 'CPU%', width: 6, key: 'c', importance: 2, cell: (row) => plain(percent(row.cpuPercent)) },
  { title: 'TIME', width: 9, key: 't', importance: 7, cell: (row) => plain(cpuTime(row.cpuNanoseconds)) },
  { title: 'MEM', width: 6, key: 'm', importance: 3, cell: (row) => plain(shortSize(row.memoryBytes)) },
];

export const processOrders: readonly Order<Process>[] = [
  { key: 'c', words: 'cpu', value: ({ cpuPercent }) => cpuPercent },
  { key: 't', words: 'time', value: ({ cpuNanoseconds }) => cpuNanoseconds },
  { key: 'm', words: 'memory', value: ({ memoryBytes }) => memoryBytes },
  { key: 'p', words: 'pid', value: ({ pid }) => -pid },
  { key: 'n', words: 'command', value: ({ command }) => command },
];

/** A new list in the order of the key; equal ones by `tie`. */
export function sorted<T>(
  rows: readonly T[],
  { value }: Order<T>,
  reversed: boolean,
  tie: (row: T) => string,
): T[] {
  const compare = (a: T, b: T): number => {
    const [x, y] = [value(a), value(b)];
    if (typeof x === 'string' && typeof y === 'string') return x < y ? -1 : x > y ? 1 : 0;
    return Number(y ?? -Infinity) - Number(x ?? -Infinity) || 0;
  };
  const direction = reversed ? -1 : 1;
  return [...rows].sort((a, b) => direction * compare(a, b) || (tie(a) < tie(b) ? -1 : 1));
}
