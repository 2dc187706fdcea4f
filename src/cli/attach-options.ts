/** tlxc-attach's arguments as LXC spells them, checked strictly: what is not understood never becomes root by accident. */
import { architecture } from '../config/values/plain.ts';
import { FULL_ELEVATION, NO_ELEVATION, type Elevation } from '../plan/attach.ts';
import type { EnvironmentPolicy } from '../plan/attach-environment.ts';
import type { Namespace } from '../plan/types.ts';
import { parseNamespaceWords } from './namespace-words.ts';
import { argumentsOf, type OptionValue, type OptionValues } from './options.ts';
import { usageError } from './usage.ts';

/** The largest id; the one above it means "unchanged" to the kernel. */
const MAX_ID = 0xfffffffe;

/** -u and -g: decimal digits and nothing else. */
export function parseId(option: string, value: OptionValue): number {
  if (value === undefined) return 0;
  const id = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : NaN;
  if (id <= MAX_ID) return id;
  throw usageError(`${option} takes a number from 0 to ${MAX_ID}, not ${JSON.stringify(value)}`);
}

const ELEVATIONS: Readonly<Record<string, keyof Elevation>> = {
  CGROUP: 'cgroup',
  CAP: 'capabilities',
  LSM: 'lsm',
};

/** -e: all, or those of CAP|CGROUP|LSM. */
export function parseElevation(value: OptionValue): Elevation {
  if (value === undefined) return NO_ELEVATION;
  if (typeof value !== 'string') return FULL_ELEVATION;
  const elevation = { ...NO_ELEVATION } as Record<keyof Elevation, boolean>;
  for (const word of value.split('|')) {
    const key = ELEVATIONS[word];
    if (!key) throw usageError(`-e takes CAP, CGROUP and LSM joined by "|", not ${JSON.stringify(word)}`);
    elevation[key] = true;
  }
  return elevation;
}

/** -s. */
export const parseNamespaces = (value: OptionValue): Namespace[] | undefined =>
  typeof value === 'string' ? parseNamespaceWords(value) : undefined;

export function parseArchitecture(value: OptionValue): 'linux32' | 'linux64' | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return architecture(value);
  } catch (error) {
    throw usageError(`-a ${value}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export function parseEnvironment(
  options: OptionValues,
  caller: EnvironmentPolicy['caller'],
): EnvironmentPolicy {
  const keepAll = options['keepEnv'] === true;
  const clear = options['clearEnv'] === true;
  if (keepAll && clear) throw usageError('--keep-env and --clear-env exclude each other');
  const set = argumentsOf(options['setVar']);
  const wrong = set.find((assignment) => !/^[^=]+=/.test(assignment));
  if (wrong !== undefined) throw usageError(`-v takes VAR=VALUE, not ${JSON.stringify(wrong)}`);
  const base = keepAll ? 'keep' : clear ? 'clear' : 'clean';
  return { base, keep: argumentsOf(options['keepVar']), set, caller };
}
