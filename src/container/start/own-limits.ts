/** Limits of a container's own that no start does with: what fails by them says nothing of the line that has set them. */
import { TlxcError } from '../../errors.ts';
import type { Origin, StartPlan } from '../../plan/types.ts';
import type { FailedMessage } from './hint.ts';

/** Fewer open files no start does with. */
const DESCRIPTORS = 16;

interface OwnLimit {
  readonly what: string;
  readonly origin: Origin;
  readonly hint: string;
}

function tooFewDescriptors({ limits }: StartPlan): OwnLimit | undefined {
  const limit = limits.find(({ resource, soft }) => resource === 'nofile' && Number(soft) < DESCRIPTORS);
  return (
    limit && {
      what: `limit of ${limit.soft} open files`,
      origin: limit.origin,
      hint: `give it ${DESCRIPTORS} or more`,
    }
  );
}

const MEMORY = /^memory\.(max|limit_in_bytes|memsw\.limit_in_bytes|kmem\.limit_in_bytes)$/;
const UNITS = 'KMGT';
/** The smallest systems boot in one, those with systemd in twenty. */
const LITTLE = 8 * 2 ** 20;

/** Bytes, as the kernel reads them; Infinity: max. */
function bytesOf(value: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([KMGT]?)$/i.exec(value.trim()) ?? [];
  return digits === '' ? Infinity : Number(digits) * 1024 ** (UNITS.indexOf(unit.toUpperCase() || '-') + 1);
}

function tooLittleMemory({ cgroups }: StartPlan): OwnLimit | undefined {
  const limit = cgroups.hierarchies
    .flatMap(({ settings }) => settings)
    .find(({ file, value }) => MEMORY.test(file) && bytesOf(value) < LITTLE);
  return (
    limit && {
      what: `memory limit of ${limit.value}`,
      origin: limit.origin,
      hint: 'give it 32M or more; the smallest of systems do with 1M',
    }
  );
}

/** errno: "" where the start has failed without one, as one does whose child was killed. */
function ownLimit(plan: StartPlan, { step, detail }: FailedMessage, errno: string): OwnLimit | undefined {
  if (errno === 'EMFILE') return tooFewDescriptors(plan);
  const isKilled = step === 'start' && detail === 'ended';
  return errno === 'ENOMEM' || isKilled ? tooLittleMemory(plan) : undefined;
}

/** The error of a start that a limit of its own has made fail; undefined: none has. */
export function failedByLimit(plan: StartPlan, failed: FailedMessage, errno: string): TlxcError | undefined {
  const limit = ownLimit(plan, failed, errno);
  return (
    limit &&
    new TlxcError({
      code: 'TLXC_E_SYSCALL',
      message: `the ${limit.what} is too low for its start`,
      container: plan.name,
      where: limit.origin,
      hint: limit.hint,
    })
  );
}
