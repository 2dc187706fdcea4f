/** Namespaces by the names that /proc/PID/ns has for them, and clock offsets. lxc.namespace.*, lxc.time.offset.* */
import { accepting, BadValue, type ParseContext } from '../key.ts';
import type { ClockOffset, NamespaceName, SharedNamespace, Sourced } from '../model.ts';
import { nearest } from '../nearest.ts';
import { words } from './plain.ts';

/** In LXC's order. */
const NAMES: readonly NamespaceName[] = ['user', 'mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'time'];

/** "mount" is how LXC's manual spells it in an example. */
function namespaceName(word: string, part: 'key' | 'value'): NamespaceName {
  const known = NAMES.find((name) => name === (word === 'mount' ? 'mnt' : word));
  if (known !== undefined) return known;
  const meant = nearest(word, NAMES);
  throw new BadValue(`${word} is no namespace`, {
    part,
    word,
    ...(meant && { nearest: meant }),
    allowed: NAMES,
  });
}

export const namespaceNames = accepting(
  { words: [...NAMES, 'mount'], several: true },
  (value: string): readonly NamespaceName[] => words(value).map((word) => namespaceName(word, 'value')),
);

/** Lines add up; each namespace once, in LXC's order. */
export function mergeNamespaces(
  before: readonly Sourced<NamespaceName>[],
  added: readonly Sourced<NamespaceName>[],
): readonly Sourced<NamespaceName>[] {
  const all = [...before, ...added];
  return NAMES.flatMap((name) => all.find(({ value }) => value === name) ?? []);
}

export const sharedNamespace = (whose: string, { variable }: ParseContext): readonly SharedNamespace[] => [
  { namespace: namespaceName(variable, 'key'), whose },
];

const UNITS = {
  h: 3_600_000_000_000n,
  m: 60_000_000_000n,
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1_000n,
  ns: 1n,
} as const;
const SECOND = UNITS.s;
/** The kernel keeps clocks in nanoseconds of 64 bits and leaves half of them to the clock itself. */
const MOST_SECONDS = 4_611_686_018n;

/** "-5m": a signed whole number and its unit. */
export const clockOffset = accepting(
  { pattern: '[+-]?\\d+\\s*(h|m|s|ms|us|ns)' },
  (value: string): ClockOffset => {
    const [, digits = '', unit = ''] = /^([+-]?\d{1,30})\s*([a-zA-Z]*)$/.exec(value) ?? [];
    if (digits === '') throw new BadValue('it must be a whole number and its unit, such as -5m');
    if (unit === '') throw new BadValue('its unit is missing: one of h m s ms us ns must follow the number');
    if (!Object.hasOwn(UNITS, unit))
      throw new BadValue(`${unit} is no unit of time`, { word: unit, allowed: Object.keys(UNITS) });
    const nanoseconds = BigInt(digits.replace('+', '')) * UNITS[unit as keyof typeof UNITS];
    const seconds = (nanoseconds - (((nanoseconds % SECOND) + SECOND) % SECOND)) / SECOND;
    if (seconds > MOST_SECONDS || seconds < -MOST_SECONDS)
      throw new BadValue(
        `it is out of range: the kernel moves a clock by ${MOST_SECONDS} s (146 years) at most`,
      );
    return { seconds: Number(seconds), nanoseconds: Number(nanoseconds - seconds * SECOND) };
  },
);

/** As LXC prints it: seconds where it is whole ones. */
export function showClockOffset({ seconds, nanoseconds }: ClockOffset): string {
  if (nanoseconds === 0) return seconds === 0 ? '0 ns' : `${seconds} s`;
  return `${BigInt(seconds) * SECOND + BigInt(nanoseconds)} ns`;
}
