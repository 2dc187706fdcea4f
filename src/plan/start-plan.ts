/** ContainerConfig + host facts -> StartPlan. Pure: no I/O, equal inputs give equal plans. */
import { TlxcError } from '../errors.ts';
import type { StartInput } from './input.ts';
import type { StartPlan } from './types.ts';

export type { StartFiles, StartInput, StartOptions } from './input.ts';

export interface CompiledStart {
  readonly plan: StartPlan;
  /** Sentences with their place (FILE:LINE: …): what was written has no or another effect on this host. */
  readonly warnings: readonly string[];
}

/** Throws TLXC_E_CONFIG with every problem at once. */
export function compileStartPlan(_input: StartInput): CompiledStart {
  throw new TlxcError({ code: 'TLXC_E_UNSUPPORTED', message: 'the plan compiler is not built yet' });
}
